"""How the demonstration speaks: plain lines, Chinese and English side by side, numbers in columns."""

import unicodedata

_started: list[int] = []


def chapter(zh: str, en: str) -> None:
    _started.append(1)
    print(f"\n{len(_started)}. {zh} / {en}")


def say(zh: str, en: str) -> None:
    print(f"   {zh} / {en}", flush=True)


def show(line: str = "") -> None:
    print(f"   {line}".rstrip(), flush=True)


def day_zh(day: str) -> str:
    """`2026-09-05` as a resident reads it."""
    _, month, number = day.split("-")
    return f"{int(month)}月{int(number)}日"


def padded(text: str, width: int) -> str:
    """Chinese characters take two columns of a terminal."""
    columns = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * (width - columns)
