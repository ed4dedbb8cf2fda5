"""A client in a process of its own: keep-alive connections, closed loop, raw bytes, so that it costs little itself."""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import islice

import msgspec
import uvloop

from bench.workload import SIZES, Size, household, work
from ledger.core.command import Award, Redeem, Request

BATCH = 100


class Load(msgspec.Struct, frozen=True):
    """What to send, read from standard input."""

    mode: str
    size: str
    host: str
    port: int
    token: str
    connections: int
    seconds: float
    seed: int


class Measured(msgspec.Struct, frozen=True):
    """Commands (or reads) answered as they should be, by the second, with latencies in milliseconds."""

    done: int
    failed: int
    seconds: float
    p50: float
    p99: float
    first_failure: str = ""


def calls(load: Load) -> Iterator[tuple[bytes, int]]:
    """Requests as bytes with the commands each holds; made before the clock runs would be better, this is cheap."""
    size = SIZES[load.size]
    if load.mode == "balance":
        for number in range(sys.maxsize):
            path = f"/v1/programmes/{size.slugs[0]}/accounts/{household(number * 7919 % size.households)}/balances"
            yield _request(load, "GET", path, "", b""), 1
    if load.mode == "batch":
        yield from _batches(load, size)
    for request in work(size, load.seed):
        noun, body = _single(request)
        yield _request(load, "POST", f"/v1/programmes/{request.programme}/{noun}", request.key, body), 1


def _batches(load: Load, size: Size) -> Iterator[tuple[bytes, int]]:
    requests = work(size, load.seed)
    while True:
        items = [{"idempotency_key": request.key, "command": request.command} for request in islice(requests, BATCH)]
        body = msgspec.json.encode({"commands": items})
        yield _request(load, "POST", f"/v1/programmes/{size.slugs[0]}/commands", "", body), BATCH


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


async def drive(load: Load) -> Measured:
    """Each connection sends its next call when the one before was answered."""
    source = calls(load)
    latencies: list[float] = []
    counts = {"done": 0, "failed": 0}
    failures: list[str] = []
    began = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection(load.host, load.port)
        while time.perf_counter() - began < load.seconds:
            call, commands = next(source)
            sent = time.perf_counter()
            writer.write(call)
            status, body = await _answer(reader)
            latencies.append(time.perf_counter() - sent)
            # A refusal by a rule (a limit reached) is work done; anything else is a failure.
            is_well = status in (200, 201, 422)
            counts["done" if is_well else "failed"] += commands
            if not is_well and not failures:
                failures.append(f"{status} {body[:300]!r}")
        writer.close()

    await asyncio.gather(*(client() for _ in range(load.connections)))
    taken = time.perf_counter() - began
    latencies.sort()
    p50, p99 = (1000 * latencies[int(len(latencies) * part)] for part in (0.5, 0.99))
    return Measured(counts["done"], counts["failed"], taken, p50, p99, "".join(failures))


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    return int(head[9:12]), await reader.readexactly(length)


if __name__ == "__main__":
    told = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(drive(told))))
