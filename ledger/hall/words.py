"""How a word becomes a sentence for a person: in Chinese or English, with its numbers."""

from collections.abc import Mapping

import msgspec

from ledger.core.refusal import Number
from ledger.core.title import Title

_LISTED_MAX = 20


class Words(msgspec.Struct, frozen=True):
    """A status, a title, and details of which the first is said whose numbers are all there."""

    status: int
    title: Title
    details: tuple[Title, ...]


def in_words(status: int, zh: str, en: str, *details: tuple[str, str]) -> Words:
    """A row of the table: status, titles, then pairs of sentences."""
    return Words(status, Title(zh, en), tuple(Title(*detail) for detail in details))


def tell(words: Words, numbers: Mapping[str, Number], language: str) -> str:
    """The first sentence for which all numbers are there; a list is told item by item."""
    told = {name: _told(value, language) for name, value in numbers.items() if value is not None}
    for detail in words.details:
        try:
            return str(getattr(detail, language)).format_map(told)
        except KeyError:
            continue
    return str(getattr(words.title, language))


def preferred_language(accepted: str) -> str:
    """`zh` or `en`, whichever Accept-Language ranks higher; Chinese when it names neither."""
    best, best_weight = "zh", 0.0
    for part in accepted[:200].split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        worth = _weight(weight)
        if language in ("zh", "en") and worth > best_weight:
            best, best_weight = language, worth
    return best


def _told(value: Number, language: str) -> str:
    if isinstance(value, list):
        return ("、" if language == "zh" else ", ").join(value[:_LISTED_MAX])
    return str(value)


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
