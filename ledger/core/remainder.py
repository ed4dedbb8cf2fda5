"""What of an award is left after reversals in part, and what a reversal gives back to its limits."""

from collections.abc import Iterable

from ledger.core.book import Source
from ledger.core.counter import CounterKey
from ledger.core.transaction import PostedEntry

_UNITS = {"points": "points", "gift": "gift", "score": "score", "minutes": "service_minutes"}


def whole_of(source: Source) -> int:
    """What can be reversed: an award by all that it gave, everything else as one whole."""
    if source.kind not in {"award", "bonus"}:
        return 1
    return max(1, sum(entry.amount for entry in source.entries if entry.amount > 0))


def part_of(entries: Iterable[PostedEntry], before: int, amount: int) -> tuple[PostedEntry, ...]:
    """The next `amount` of the credits after those reversed before, each after its share of what issued it."""
    issued = {entry.unit: entry for entry in entries if entry.amount < 0}
    parts: list[PostedEntry] = []
    passed, missing = before, amount
    for entry in entries:
        if entry.amount > 0:
            left = entry.amount - min(entry.amount, passed)
            passed -= entry.amount - left
            part = min(left, missing)
            missing -= part
            if part:
                parts.append(_resized(issued[entry.unit], -part))
                parts.append(_resized(entry, part))
    return tuple(parts)


def pending_left(source: Source, before: int) -> tuple[PostedEntry, ...]:
    """What is still under notice, with what issued it."""
    pending = {entry.unit for entry in source.entries if entry.purse == "pending"}
    entries = tuple(entry for entry in source.entries if entry.unit in pending)
    everything = sum(entry.amount for entry in entries if entry.amount > 0)
    return part_of(entries, before if source.kind == "award" else 0, everything)


def caps_back(source: Source, before: int, amount: int) -> tuple[tuple[CounterKey, int], ...]:
    """Amounts go back to their limits as they are reversed; a time only with the last of them."""
    is_last = before + amount == whole_of(source)
    back = []
    for key, used in source.counts:
        unit = _unit_counted(key) if source.kind == "award" else None
        if unit is None:
            number = used if is_last else 0
        else:
            number = _given(source, unit, before + amount, used) - _given(source, unit, before, used)
        if number:
            back.append((key, -number))
    return tuple(back)


def _given(source: Source, unit: str, reversed_so_far: int, used: int) -> int:
    credits = part_of(source.entries, 0, reversed_so_far)
    return min(used, sum(entry.amount for entry in credits if entry.amount > 0 and entry.unit == unit))


def _unit_counted(key: CounterKey) -> str | None:
    """The unit that a limit counts by its name, as `sweep/month/points`; none where it counts times."""
    words = key.counter.split("/")
    return _UNITS.get(words[2]) if len(words) > 2 else None


def _resized(entry: PostedEntry, amount: int) -> PostedEntry:
    return PostedEntry(entry.owner, entry.purse, entry.unit, amount, entry.expires_on, 0, 0)
