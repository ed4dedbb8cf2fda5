"""Which refusals of known callers are written down: enough to see who tries doors, too few to fill a disk."""

import time
from collections.abc import Callable

from ledger.hall.fault import Faulty
from ledger.hall.rates import Rate
from ledger.tally import AUDIT_LEFT_OUT

KEY_PER_SECOND, KEY_BURST = 1 / 60, 20
ALL_PER_SECOND, ALL_BURST = 1 / 5, 500
LEFT_OUT_MAX = 20_000


class RefusalsTold:
    """Of one key or address twenty at once and then one a minute; of all together 17,780 in the first day at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._keys = Rate(KEY_PER_SECOND, KEY_BURST, clock=clock)
        self._all = Rate(ALL_PER_SECOND, ALL_BURST, clock=clock)
        self._left_out: dict[str, int] = {}

    def take(self, whose: str) -> int | None:
        """How many of the same were left out since the last that was told; None where this one is left out."""
        try:
            self._keys.take(whose)
            self._all.take("")
        except Faulty:
            AUDIT_LEFT_OUT.add("refusal")
            if whose in self._left_out or len(self._left_out) < LEFT_OUT_MAX:
                self._left_out[whose] = self._left_out.get(whose, 0) + 1
            return None
        return self._left_out.pop(whose, 0)
