"""The most that a counter may ever show: the highest limit that any published version has given it."""

from collections.abc import Iterable, Iterator

from ledger.core.cap import Cap, counter_name
from ledger.core.rulebook import Rulebook


def highest_limits(rulebooks: Iterable[Rulebook]) -> dict[str, int]:
    """By counter name. A limit that was lowered in mid-period does not make what came before it wrong."""
    limits: dict[str, int] = {}
    for rulebook in rulebooks:
        for scope, cap in _caps(rulebook):
            name = counter_name(scope, cap)
            limits[name] = max(limits.get(name, 0), cap.times or cap.points or 0)
    return limits


def _caps(rulebook: Rulebook) -> Iterator[tuple[str, Cap]]:
    for rule in rulebook.rules:
        yield from ((rule.id, cap) for cap in rule.caps)
    for category, caps in rulebook.caps.items():
        yield from ((f"category:{category}", cap) for cap in caps)
