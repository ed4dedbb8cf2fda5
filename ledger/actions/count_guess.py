"""Counts a guess at a secret before it is looked at: committed at once, under a lock, by everybody alike."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import msgspec

from ledger.actions.slow_hash import SlowHash
from ledger.db.guesses import Guesses, lock_guesses, write_guesses

KEPT_MAX = 50
FIRST_DELAY_SECONDS = 60


class Allowance(msgspec.Struct, frozen=True):
    """So many guesses at a subject in a window; with `delay_max` there are more, each after twice the time."""

    name: str
    subject: str
    guesses_max: int
    window: timedelta
    delay_max: timedelta | None = None

    def seconds_until_room(self, guesses: Guesses) -> int:
        since = [at for at in guesses.guessed_at if at > guesses.now - self.window]
        if len(since) < self.guesses_max:
            return 0
        if self.delay_max is None:
            free_at = since[-self.guesses_max] + self.window
        else:
            delay = FIRST_DELAY_SECONDS * 2 ** min(20, len(since) - self.guesses_max)
            free_at = since[-1] + min(self.delay_max, timedelta(seconds=delay))
        return max(0, -int(-(free_at - guesses.now).total_seconds() // 1))


class Counted(msgspec.Struct, frozen=True):
    """How many are left after this one; or what is locked, and until when."""

    left: int
    locked: str | None = None
    seconds: int = 0


async def count_guess(connection: asyncpg.Connection, slow: SlowHash, allowances: Sequence[Allowance]) -> Counted:
    """Counts it under all allowances or, where one is used up, under none."""
    assert not connection.is_in_transaction(), "a guess that is rolled back is not counted"
    names = {each.subject: slow.blind(each.subject) for each in allowances}
    async with connection.transaction():
        found = await lock_guesses(connection, list(names.values()), max(each.window for each in allowances))
        for each in allowances:
            if seconds := each.seconds_until_room(found[names[each.subject]]):
                return Counted(0, each.name, seconds)
        for name in names.values():
            await write_guesses(connection, name, [*found[name].guessed_at, found[name].now][-KEPT_MAX:])
    return Counted(min(each.guesses_max - 1 - len(found[names[each.subject]].guessed_at) for each in allowances))


async def take_back_guess(connection: asyncpg.Connection, slow: SlowHash, right: Allowance, address: Allowance) -> None:
    """All guesses at what was right; of the address only this one, or a secret of one's own would give new tries."""
    names = [slow.blind(right.subject), slow.blind(address.subject)]
    async with connection.transaction():
        found = await lock_guesses(connection, names, max(right.window, address.window))
        await write_guesses(connection, names[0], [])
        await write_guesses(connection, names[1], found[names[1]].guessed_at[:-1])


async def forget_guesses(connection: asyncpg.Connection, slow: SlowHash, subject: str) -> None:
    """When the secret has changed; in the caller's database transaction."""
    name = slow.blind(subject)
    await lock_guesses(connection, [name], timedelta())
    await write_guesses(connection, name, [])
