"""Remembers what was looked up for a moment, so that hot keys do not cost a query a request."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class _Kept(msgspec.Struct, Generic[T]):
    """A look-up under way or done, and when it began: what it found is never older than that."""

    found: "asyncio.Future[T]"
    began_at: float


class ShortMemory(Generic[T]):
    """Callers who ask for the same thing at the same time share one look-up; failures are not remembered."""

    def __init__(self, look_up: Callable[[str], Awaitable[T]], *, seconds: float, entries_max: int) -> None:
        self._look_up = look_up
        self._seconds = seconds
        self._entries_max = entries_max
        self._kept: dict[str, _Kept[T]] = {}

    async def get(self, key: str) -> T:
        """What was found, at most `seconds` old."""
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept.began_at > self._seconds:
            kept = self._begin(key)
        if kept.found.done():
            return kept.found.result()
        # Shielded: the caller who began may go away while others wait for the same answer.
        return await asyncio.shield(kept.found)

    def forget(self, key: str) -> None:
        """What is asked for next is looked up anew."""
        self._kept.pop(key, None)

    def _begin(self, key: str) -> _Kept[T]:
        self._kept.pop(key, None)
        if len(self._kept) >= self._entries_max:
            self._kept.pop(next(iter(self._kept)))
        found = asyncio.ensure_future(self._look_up(key))
        kept = _Kept(found, time.monotonic())
        self._kept[key] = kept
        found.add_done_callback(lambda done: self._forget_failure(key, kept))
        return kept

    def _forget_failure(self, key: str, kept: _Kept[T]) -> None:
        failed = kept.found.cancelled() or kept.found.exception() is not None
        if failed and self._kept.get(key) is kept:
            del self._kept[key]
