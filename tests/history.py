"""A record of who was told what and when, and whether one order of all calls explains it."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

import msgspec


class Leg(msgspec.Struct, frozen=True):
    """What a receipt says of one entry: the account's new version, the amount and the balance it left."""

    account: str
    version: int
    amount: int
    balance: int


class Call(msgspec.Struct, frozen=True):
    """One call as its caller saw it: legs that it wrote, or accounts that it read with version and balance."""

    began: float
    ended: float
    legs: tuple[Leg, ...] = ()
    seen: tuple[tuple[str, int, int], ...] = ()


def anomalies(calls: Sequence[Call]) -> list[str]:
    """Empty if and only if the history is strictly serializable, in time linear in its size.

    Every account's versions give the order of its writers and readers; to these the order in real time is added: what
    had ended before another call began. If all of that together has no cycle, one order explains every answer.
    """
    writers: dict[str, dict[int, tuple[int, Leg]]] = defaultdict(dict)
    found = []
    for number, call in enumerate(calls):
        for leg in call.legs:
            if leg.version in writers[leg.account]:
                found.append(f"two calls wrote version {leg.version} of {leg.account}")
            writers[leg.account][leg.version] = number, leg
    found += [complaint for account, by_version in writers.items() for complaint in _broken_chain(account, by_version)]
    found += _strange_reads(calls, writers)
    return found or _cycle(calls, writers)


def _broken_chain(account: str, by_version: Mapping[int, tuple[int, Leg]]) -> Iterator[str]:
    """Versions count from 1 without a gap, and each balance is the one before plus the amount."""
    balance = 0
    for version in range(1, len(by_version) + 1):
        if version not in by_version:
            yield f"version {version} of {account} was written by nobody"
            return
        leg = by_version[version][1]
        balance += leg.amount
        if leg.balance != balance:
            yield f"version {version} of {account} left {leg.balance} instead of {balance}"
            return


def _strange_reads(calls: Sequence[Call], writers: Mapping[str, Mapping[int, tuple[int, Leg]]]) -> Iterator[str]:
    for call in calls:
        for account, version, balance in call.seen:
            written = writers.get(account, {}).get(version)
            expected = 0 if version == 0 else None if written is None else written[1].balance
            if balance != expected:
                yield f"version {version} of {account} was read as {balance} instead of {expected}"


def _cycle(calls: Sequence[Call], writers: Mapping[str, Mapping[int, tuple[int, Leg]]]) -> list[str]:
    after = _version_order(calls, writers)
    _add_real_time(calls, after)
    waits_for = [0] * len(after)
    for followers in after:
        for follower in followers:
            waits_for[follower] += 1
    ready = deque(node for node, number in enumerate(waits_for) if number == 0)
    placed = 0
    while ready:
        placed += 1
        for follower in after[ready.popleft()]:
            waits_for[follower] -= 1
            if waits_for[follower] == 0:
                ready.append(follower)
    if placed == len(after):
        return []
    stuck = [number for number in range(len(calls)) if waits_for[number]]
    examples = "; ".join(f"#{number} {calls[number]}" for number in stuck[:4])
    return [f"no order explains {len(stuck)} calls, among them {examples}"]


def _version_order(calls: Sequence[Call], writers: Mapping[str, Mapping[int, tuple[int, Leg]]]) -> list[list[int]]:
    """The writer of a version, then its readers, then the writer of the next."""
    after: list[list[int]] = [[] for _ in calls]
    for by_version in writers.values():
        for version in range(1, len(by_version)):
            this, following = by_version[version][0], by_version[version + 1][0]
            if this != following:
                after[this].append(following)
    for number, call in enumerate(calls):
        for account, version, _ in call.seen:
            by_version = writers.get(account, {})
            if version in by_version:
                after[by_version[version][0]].append(number)
            if version + 1 in by_version:
                after[number].append(by_version[version + 1][0])
    return after


def _add_real_time(calls: Sequence[Call], after: list[list[int]]) -> None:
    """A chain of moments: a call leads to the moment of its end, and a moment to all calls that begin after it."""
    events = [(call.began, 0, number) for number, call in enumerate(calls)]
    events += [(call.ended, 1, number) for number, call in enumerate(calls)]
    events.sort()
    moment = None
    for _, is_end, number in events:
        if is_end:
            after.append([])
            if moment is not None:
                after[moment].append(len(after) - 1)
            moment = len(after) - 1
            after[number].append(moment)
        elif moment is not None:
            after[moment].append(number)


def versions_read(calls: Sequence[Call]) -> int:
    """How many different states of accounts were looked at, so that a test can tell that it saw some."""
    return len({(account, version) for call in calls for account, version, _ in call.seen})


def make_stale(calls: Sequence[Call], *, at_most: int) -> list[list[Call]]:
    """Copies of a history in which one reader is told what was true before the last reader of the same accounts."""
    reads: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        reads[tuple(account for account, _, _ in call.seen)].append(number)
    planted = []
    for accounts, numbers in reads.items():
        for first, second, third in zip(numbers, numbers[1:], numbers[2:], strict=False):
            changes = calls[first].seen != calls[second].seen
            if accounts and changes and calls[second].ended < calls[third].began and len(planted) < at_most:
                stale = msgspec.structs.replace(calls[third], seen=calls[first].seen)
                planted.append([*calls[:third], stale, *calls[third + 1 :]])
    return planted


def lose_updates(calls: Sequence[Call], *, at_most: int) -> list[list[Call]]:
    """Copies of a history in which one writer did not see the writer before it."""
    planted = []
    for number, call in enumerate(calls):
        if len(planted) < at_most and any(leg.version > 1 for leg in call.legs):
            legs = tuple(
                msgspec.structs.replace(leg, version=leg.version - 1) if leg.version > 1 else leg for leg in call.legs
            )
            planted.append([*calls[:number], msgspec.structs.replace(call, legs=legs), *calls[number + 1 :]])
    return planted
