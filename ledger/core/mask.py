"""Names as a screen that others see may show them: enough to know oneself, too little to be found by."""


def mask_name(name: str) -> str:
    """The first character of a Chinese name, the first letter of each part of another."""
    name = name.strip()
    if not name:
        return ""
    if name.isascii():
        return " ".join(f"{part[0]}***" for part in name.split())
    return f"{name[:1]}{'*' * min(2, max(1, len(name) - 1))}"


def mask_number(number: str) -> str:
    """The last four characters of a card or reference, and of short ones none."""
    return f"…{number[-4:]}" if len(number) > 6 else ""
