"""Six digits, and which of them anybody would try first."""

import re
from itertools import pairwise

DIGITS = 6
_SIX_DIGITS = re.compile(r"[0-9]{6}")
# Beside what has a pattern: ways over the keys of a telephone, and numbers that sound like wishes.
_FAVOURITES = frozenset({
    "147258", "147852", "258369", "258456", "369258", "159753", "159357", "789456", "456123", "123654", "789123",
    "456789", "520131", "131452", "201314", "521131", "112358", "314159", "142536", "147369",
})  # fmt: skip


def is_pin(text: str) -> bool:
    return _SIX_DIGITS.fullmatch(text) is not None


def is_easy_to_guess(pin: str) -> bool:
    """Runs, repetitions, mirrors and favourites: some 3,000 of a million, which people would choose far more often."""
    assert is_pin(pin), "looked at before"
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({0}, {1}, {9}):
        return True
    pairs, triples = {pin[0:2], pin[2:4], pin[4:6]}, (pin[:3], pin[3:])
    if len(pairs) == 1 or triples[0] == triples[1] or triples[0] == triples[1][::-1]:
        return True
    if all(len(set(part)) == 1 for part in triples) or all(len(set(pair)) == 1 for pair in pairs):
        return True
    return pin in _FAVOURITES
