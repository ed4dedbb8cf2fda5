"""A scanner: reads the bars that a page prints, module by module, as one on USB would before it types."""

import re

from barcode.charsets import code128

_PATH = re.compile(r"M(\d+) 0h(\d+)v")
_SVG = re.compile(r'<svg class="barcode".*?viewBox="0 0 (\d+) .*?<path d="([^"]+)"', re.DOTALL)
_SYMBOL, _STOP = 11, 13
_NAMES_B = {number: letter for letter, number in code128.B.items()}
_NAMES_C = {number: f"{number:02d}" for number in range(100)} | {code128.C["TO_B"]: "TO_B"}


def scanned_codes(page: str) -> list[str]:
    """What the bar codes of a page say, in the order of the page."""
    return [_text(_modules(int(width), path)) for width, path in _SVG.findall(page)]


def _modules(width: int, path: str) -> str:
    bars = ["0"] * width
    for start, run in _PATH.findall(path):
        bars[int(start) : int(start) + int(run)] = "1" * int(run)
    return "".join(bars).strip("0")


def _text(modules: str) -> str:
    """Code 128: a start, symbols of the sets B and C, the check symbol, the stop."""
    body = modules[:-_STOP]
    symbols = [code128.CODES.index(body[place : place + _SYMBOL]) for place in range(0, len(body), _SYMBOL)]
    start, *data, check = symbols
    assert (start + sum(place * number for place, number in enumerate(data, 1))) % 103 == check, "a bar is wrong"
    names, text = (_NAMES_C if start == code128.START_CODES["C"] else _NAMES_B), ""
    for number in data:
        told = names[number]
        if told in ("TO_B", "TO_C"):
            names = _NAMES_C if told == "TO_C" else _NAMES_B
        else:
            text += told
    return text
