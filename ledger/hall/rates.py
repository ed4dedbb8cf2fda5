"""How often somebody may come: a token bucket each, in this process, in a bounded memory."""

import math
import time
from collections.abc import Callable

from ledger.hall.fault import Fault, Faulty

ENTRIES_MAX = 20_000
KEY_PER_SECOND = 2_000.0
KEY_BURST_SECONDS = 2
CARD_PER_SECOND, CARD_BURST = 1 / 3, 20
ADDRESS_PER_SECOND, ADDRESS_BURST = 100.0, 1_000


class Rate:
    """Of each name only the moment is kept at which its bucket will be full again."""

    def __init__(
        self,
        per_second: float,
        burst: float,
        *,
        entries_max: int = ENTRIES_MAX,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._step = 1 / per_second
        self._room = burst / per_second - self._step
        self._entries_max = entries_max
        self._clock = clock
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, name: str) -> None:
        """Refuses with the time to wait; who is refused is not made to wait longer for it."""
        now = self._clock()
        full_at = self._full_at.get(name)
        if full_at is None:
            self._make_room(now)
            full_at = now
        elif full_at < now:
            full_at = now
        elif (wait := full_at - now - self._room) > 0:
            raise Faulty(Fault.TOO_MANY_REQUESTS, retry_after_seconds=math.ceil(wait))
        self._full_at[name] = full_at + self._step

    def _make_room(self, now: float) -> None:
        """Full buckets are forgotten without loss; of those in use a tenth at most, those that came first."""
        if len(self._full_at) < self._entries_max:
            return
        self._full_at = {name: full_at for name, full_at in self._full_at.items() if full_at > now}
        for name in list(self._full_at)[: max(0, len(self._full_at) - self._entries_max * 9 // 10)]:
            del self._full_at[name]


class Rates:
    """By key or session, by card that is shown, and by address for who shows neither."""

    def __init__(self, *, per_key: float = KEY_PER_SECOND) -> None:
        self.keys = Rate(per_key, max(1, per_key * KEY_BURST_SECONDS))
        self.cards = Rate(CARD_PER_SECOND, CARD_BURST)
        self.addresses = Rate(ADDRESS_PER_SECOND, ADDRESS_BURST)
