"""The root of a log as it grows leaf by leaf: kept as the roots of its complete parts."""

from ledger.core.merkle import EMPTY_ROOT, node_hash


class RunningRoot:
    """Knows the root of all leaves so far, in as much memory as the tree is high."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """`leaf` is the leaf's hash."""
        found, whole = leaf, self.size
        while whole & 1:
            found = node_hash(self._parts.pop(), found)
            whole >>= 1
        self._parts.append(found)
        self.size += 1

    def root(self) -> bytes:
        if not self._parts:
            return EMPTY_ROOT
        found = self._parts[-1]
        for part in reversed(self._parts[:-1]):
            found = node_hash(part, found)
        return found
