"""What the demonstration stands on: a step that is not as told ends it."""

from typing import NoReturn


class Off(Exception):
    """Something is not as the story says; the text is the promise that was not kept."""


def must(holds: bool, promise: str) -> None:
    """Quiet while the promise is kept."""
    if not holds:
        off(promise)


def off(promise: str) -> NoReturn:
    raise Off(promise)


def must_equal(found: object, wanted: object, what: str) -> None:
    must(found == wanted, f"{what}: wanted {wanted!r}, found {found!r}")
