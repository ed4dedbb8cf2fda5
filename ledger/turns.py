"""Work in small helpings: what the database says must not wait until a whole crowd has been served.

The loop runs all that is ready before it looks at its sockets again. Sixty callers who come at once are ready at once,
and meanwhile a lane whose turn it is stands still with its rows locked.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

HELPING = 4


class Turns:
    """One queue; a helping of it at each turn of the loop."""

    def __init__(self, helping: int = HELPING) -> None:
        self._helping = helping
        self._waiting: deque[Callable[[], object]] = deque()
        self._is_due = False

    def add(self, work: Callable[..., object], *given: object) -> None:
        """Work that does not raise, in the order in which it was added."""
        self._waiting.append(partial(work, *given))
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _take_turn(self) -> None:
        waiting = self._waiting
        for _ in range(min(self._helping, len(waiting))):
            waiting.popleft()()
        self._is_due = bool(waiting)
        if waiting:
            asyncio.get_running_loop().call_soon(self._take_turn)
