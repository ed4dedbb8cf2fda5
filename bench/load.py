"""The callers, in a process of their own: bare sockets kept alive and bytes made beforehand, so that they cost little.

Closed loop (each connection asks again when it was answered) finds the capacity. Open loop (`rate`) finds the latency
that people would see: a call counts from when it should have been sent, however late its turn came.
"""

import gc
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, islice

import msgspec

from bench.mixed_work import mixed_work
from bench.workload import SIZES, Size, household, work
from ledger.core.command import Award, Redeem, Request

BATCH = 100
MADE_BEFOREHAND = 8_000  # calls a second; what a fast service needs beyond them is made meanwhile
TICK_SECONDS = 0.001
ACCEPT_SECONDS = 0.0002
RECEIVED_MAX = 1 << 17
SILENCE_SECONDS_MAX = 30.0


class Load(msgspec.Struct, frozen=True):
    """What to send, read from standard input. Without a `rate`, as fast as it is answered."""

    mode: str
    size: str
    host: str
    port: int
    token: str
    connections: int
    seconds: float
    seed: int
    rate: float = 0.0


class Measured(msgspec.Struct, frozen=True):
    """Commands (or reads) answered, shed with 503, or failed; latencies in milliseconds.

    `p50` and `p99` are of what was not shed, from when it was due. `sent_p99` and `shed_p99` count from the sending:
    what waits in a caller that has no connection free says nothing about how soon a service refuses.
    """

    done: int
    failed: int
    seconds: float
    p50: float
    p99: float
    first_failure: str = ""
    shed: int = 0
    shed_p99: float = 0.0
    sent_p99: float = 0.0
    unsent: int = 0
    callers_cpu: float = 0.0  # seconds of processor time a second that the callers themselves took


def calls(load: Load) -> Iterator[tuple[bytes, int]]:
    """Requests as bytes with the commands each holds, without end."""
    size = SIZES[load.size]
    if load.mode == "balance":
        return _balances(load, size)
    if load.mode == "batch":
        return _batches(load, size)
    return _singles(load, mixed_work(size, load.seed) if load.mode == "four_legs" else work(size, load.seed))


def _balances(load: Load, size: Size) -> Iterator[tuple[bytes, int]]:
    slugs = size.slugs
    for number in range(load.seed, sys.maxsize):
        owner = household(number * 7919 % size.households)
        path = f"/v1/programmes/{slugs[number % len(slugs)]}/accounts/{owner}/balances"
        yield _request(load, "GET", path, "", b""), 1


def _batches(load: Load, size: Size) -> Iterator[tuple[bytes, int]]:
    requests = work(size, load.seed)
    while True:
        items = [{"idempotency_key": request.key, "command": request.command} for request in islice(requests, BATCH)]
        body = msgspec.json.encode({"commands": items})
        yield _request(load, "POST", f"/v1/programmes/{size.slugs[0]}/commands", "", body), BATCH


def _singles(load: Load, requests: Iterator[Request]) -> Iterator[tuple[bytes, int]]:
    for request in requests:
        noun, body = _single(request)
        yield _request(load, "POST", f"/v1/programmes/{request.programme}/{noun}", request.key, body), 1


def _single(request: Request) -> tuple[str, bytes]:
    fields = msgspec.to_builtins(request.command)
    del fields["verb"]
    noun = {Award: "awards", Redeem: "redemptions"}[type(request.command)]
    return noun, msgspec.json.encode(fields)


def _request(load: Load, method: str, path: str, key: str, body: bytes) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: {load.host}\r\nAuthorization: Bearer {load.token}\r\n"
    head += f"Idempotency-Key: {key}\r\n" if key else ""
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{head}\r\n".encode() + body


class Tally:
    """What all connections were answered, and which call comes next."""

    def __init__(self, load: Load) -> None:
        source = calls(load)
        each = BATCH if load.mode == "batch" else 1
        made = [*islice(source, int((load.rate or MADE_BEFOREHAND) / each * load.seconds) + load.connections)]
        self.next_call = chain(made, source)
        self.done = self.failed = self.shed = 0
        self.unsent = 0
        self.latencies: list[float] = []
        self.sent_latencies: list[float] = []
        self.shed_latencies: list[float] = []
        self.first_failure = ""
        self.ends_at = 0.0

    def count(self, status: int, body: bytes, commands: int, *, since_due: float, since_sent: float) -> None:
        """A refusal by a rule (a limit reached) is work done; anything but that and shedding is a failure."""
        if status in (200, 201, 422):
            self.done += commands
            self.latencies.append(since_due)
            self.sent_latencies.append(since_sent)
        elif status == 503:
            self.shed += commands
            self.shed_latencies.append(since_sent)
        else:
            self.failed += commands
            self.first_failure = self.first_failure or f"{status} {body[:300]!r}"

    def leave_unsent(self, backlog: deque[float]) -> None:
        """What has found no connection by the end waited at least until then: left out, it would look fast."""
        self.unsent = len(backlog)
        self.latencies += [self.ends_at - due for due in backlog]
        backlog.clear()


class Caller:
    """One connection, one call at a time."""

    __slots__ = ("_commands", "_due", "_received", "_sent", "_socket", "_tally")

    def __init__(self, connection: socket.socket, tally: Tally) -> None:
        self._socket = connection
        self._tally = tally
        self._received = b""
        self._commands = 0
        self._due = self._sent = 0.0

    def ask(self, due: float, now: float) -> None:
        """The next call; its latency counts from when it was due."""
        call, self._commands = next(self._tally.next_call)
        self._due, self._sent = due, now
        self._socket.sendall(call)

    def has_answer(self, now: float) -> bool:
        """Reads what is there; counts the answer when it is whole."""
        data = self._socket.recv(RECEIVED_MAX)
        if not data:
            raise ConnectionError("the service closed a connection")
        received = self._received + data if self._received else data
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0 or len(received) < head_end + 4 + _length(received, head_end):
            self._received = received
            return False
        self._received = b""
        self._tally.count(
            int(received[9:12]),
            received[head_end + 4 :],
            self._commands,
            since_due=now - self._due,
            since_sent=now - self._sent,
        )
        return True


def _length(received: bytes, head_end: int) -> int:
    place = received.find(b"content-length: ", 0, head_end)
    return int(received[place + 16 : received.find(b"\r", place)]) if place >= 0 else 0


def drive(load: Load) -> Measured:
    """Opens all connections, lets them ask for the time given, and waits for the last answers."""
    tally = Tally(load)
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        callers = [_connect(load, tally, selector, stack) for _ in range(load.connections)]
        time.sleep(load.connections * ACCEPT_SECONDS)  # to be let in is not what is measured
        gc.freeze()
        began, cpu_began = time.perf_counter(), time.process_time()
        tally.ends_at = began + load.seconds
        if load.rate:
            _drive_by_the_clock(load.rate, tally, callers, selector, began)
        else:
            _drive_in_turn(tally, callers, selector, began)
        seconds = time.perf_counter() - began
        return _measured(tally, seconds, (time.process_time() - cpu_began) / seconds)


def _connect(load: Load, tally: Tally, selector: selectors.BaseSelector, stack: ExitStack) -> Caller:
    connection = stack.enter_context(socket.create_connection((load.host, load.port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    caller = Caller(connection, tally)
    selector.register(connection, selectors.EVENT_READ, caller)
    return caller


def _drive_in_turn(tally: Tally, callers: list[Caller], selector: selectors.BaseSelector, began: float) -> None:
    for caller in callers:
        caller.ask(began, began)
    asking = len(callers)
    while asking:
        for key, _ in _ready(selector, SILENCE_SECONDS_MAX):
            now = time.perf_counter()
            if not key.data.has_answer(now):
                continue
            if now < tally.ends_at:
                key.data.ask(now, now)
            else:
                asking -= 1


def _drive_by_the_clock(
    rate: float, tally: Tally, idle: list[Caller], selector: selectors.BaseSelector, began: float
) -> None:
    """Each call at its time; what finds no connection free waits, and its waiting counts."""
    backlog = deque[float]()
    everybody, due = len(idle), 0
    while (now := time.perf_counter()) < tally.ends_at:
        while began + due / rate <= now:
            backlog.append(began + due / rate)
            due += 1
        while backlog and idle:
            idle.pop().ask(backlog.popleft(), now)
        idle += _answered(selector, TICK_SECONDS)
    tally.leave_unsent(backlog)
    while len(idle) < everybody:
        idle += _answered(selector, SILENCE_SECONDS_MAX)


def _answered(selector: selectors.BaseSelector, seconds: float) -> list[Caller]:
    return [key.data for key, _ in selector.select(seconds) if key.data.has_answer(time.perf_counter())]


def _ready(selector: selectors.BaseSelector, seconds: float) -> list[tuple[selectors.SelectorKey, int]]:
    ready = selector.select(seconds)
    if not ready:
        raise TimeoutError(f"nothing was answered for {seconds} s")
    return ready


def _measured(tally: Tally, seconds: float, callers_cpu: float) -> Measured:
    p50, p99 = (part_of(tally.latencies, part) for part in (0.5, 0.99))
    return Measured(
        tally.done,
        tally.failed,
        seconds,
        p50,
        p99,
        tally.first_failure,
        tally.shed,
        part_of(tally.shed_latencies, 0.99),
        part_of(tally.sent_latencies, 0.99),
        tally.unsent,
        round(callers_cpu, 2),
    )


def part_of(latencies: list[float], part: float) -> float:
    ordered = sorted(latencies)
    return 1000 * ordered[int(len(ordered) * part)] if ordered else 0.0


if __name__ == "__main__":
    told = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(drive(told)))
