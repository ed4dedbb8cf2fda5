"""One cell of a table: what a spreadsheet would run gets an apostrophe in front."""

from datetime import date

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: str | int | date | None) -> str:
    """A number is never a text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    safe = f"'{value}" if value.startswith(_FORMULA) else value
    if any(mark in safe for mark in ',"\r\n'):
        return '"' + safe.replace('"', '""') + '"'
    return safe
