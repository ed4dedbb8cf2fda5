"""What this process has counted since it began, in the words of Prometheus; never who did it or whose it was."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping

Labels = tuple[str, ...]

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Tally:
    """Counts by label; the labels come from closed lists of our own, so there are never many."""

    def __init__(self, name: str, told: str, *labels: str) -> None:
        self.name, self.told, self.labels = name, told, labels
        self._counts: dict[Labels, int] = {}

    def add(self, *values: str, by: int = 1) -> None:
        self._counts[values] = self._counts.get(values, 0) + by

    def count(self, *values: str) -> int:
        return self._counts.get(values, 0)

    def lines(self) -> Iterator[str]:
        yield from _heading(self.name, self.told, "counter")
        for values, count in sorted(self._counts.items()):
            yield f"{self.name}{_named(self.labels, values)} {count}"


class Spread:
    """How many fell below each bound, their sum and their number: a histogram."""

    def __init__(self, name: str, told: str, bounds: tuple[float, ...], *labels: str) -> None:
        self.name, self.told, self.bounds, self.labels = name, told, bounds, labels
        self._rows: dict[Labels, tuple[list[int], list[float]]] = {}

    def add(self, amount: float, *values: str, by: int = 1) -> None:
        row = self._rows.get(values)
        if row is None:
            row = self._rows[values] = ([0] * (len(self.bounds) + 1), [0.0])
        row[0][bisect_left(self.bounds, amount)] += by
        row[1][0] += amount * by

    def lines(self) -> Iterator[str]:
        yield from _heading(self.name, self.told, "histogram")
        for values, (counts, total) in sorted(self._rows.items()):
            below = 0
            for bound, count in zip((*self.bounds, "+Inf"), counts, strict=True):
                below += count
                yield f"{self.name}_bucket{_named((*self.labels, 'le'), (*values, str(bound)))} {below}"
            yield f"{self.name}_sum{_named(self.labels, values)} {total[0]:.6f}"
            yield f"{self.name}_count{_named(self.labels, values)} {below}"


REQUESTS = Tally("ledger_requests_total", "Answers by route, method and status.", "route", "method", "status")
REQUEST_SECONDS = Spread("ledger_request_seconds", "Time until a request was answered.", _SECONDS, "route")
POSTED = Tally("ledger_posted_total", "Commands posted for callers, by kind of transaction.", "kind")
REFUSED = Tally("ledger_refused_total", "Commands refused by the ledger, by reason.", "reason")
REPLAYS = Tally("ledger_replayed_total", "Commands answered again under a key that was used before.")
BATCH_COMMANDS = Spread("ledger_batch_commands", "Commands that one database transaction posted.", _SIZES)
BATCH_SECONDS = Spread("ledger_batch_seconds", "Time that a batch took, from lock to commit.", _SECONDS)
CONNECTIONS_LOST = Tally("ledger_lane_connections_lost_total", "Connections of the posting lanes that broke.")
AUDIT_LEFT_OUT = Tally("ledger_audit_left_out_total", "Audit events that were not written down, by why.", "why")
JOB_RUNS = Tally("ledger_job_runs_total", "Runs of background jobs, by job and how they ended.", "job", "ended")

_ALL = (
    REQUESTS,
    REQUEST_SECONDS,
    POSTED,
    REFUSED,
    REPLAYS,
    BATCH_COMMANDS,
    BATCH_SECONDS,
    CONNECTIONS_LOST,
    JOB_RUNS,
    AUDIT_LEFT_OUT,
)


def exposition(now: Mapping[str, tuple[str, float]]) -> str:
    """Everything as text; `now` adds what is only true at this moment, by name: what it means, and how much."""
    lines = [line for one in _ALL for line in one.lines()]
    for name, (told, amount) in now.items():
        lines += [*_heading(name, told, "gauge"), f"{name} {amount:g}"]
    return "\n".join([*lines, ""])


def _heading(name: str, told: str, kind: str) -> tuple[str, str]:
    return f"# HELP {name} {told}", f"# TYPE {name} {kind}"


def _named(names: Labels, values: Labels) -> str:
    """Values are words of ours (routes, reasons, kinds), which hold nothing that needs escaping."""
    pairs = ",".join(f'{name}="{value}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""
