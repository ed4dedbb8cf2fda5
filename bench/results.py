"""Figures: one JSON line each in results.jsonl, and a table that marks what misses its must or its goal."""

import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

HERE = Path(__file__).parent
FILE = HERE / "results.jsonl"
LAST = HERE / "last.md"
NOISE = 0.2  # a must may be missed by this part on a machine that is never quite quiet


class Bound(msgspec.Struct, frozen=True):
    """What a figure must reach and what is its goal: at least or at most, of one of its fields."""

    must: float
    goal: float
    field: str = "ratio"
    is_most: bool = False

    def is_met(self, figure: "Figure", limit: float) -> bool:
        reached = getattr(figure, self.field)
        return bool(reached <= limit if self.is_most else reached >= limit)


class Figure(msgspec.Struct, frozen=True):
    """One measured figure; `ref` is pgbench's transactions a second in the same minutes, latencies in milliseconds."""

    name: str
    value: float
    unit: str
    ref: float | None
    ratio: float | None
    p50: float | None
    p99: float | None
    commit: str
    date: str
    settings: Mapping[str, str | int | float]


class Rounds(msgspec.Struct):
    """What was measured some times over, each time beside its reference; latencies in milliseconds."""

    values: list[float] = []
    refs: list[float] = []
    p50s: list[float] = []
    p99s: list[float] = []

    def add(
        self, value: float, *, ref: float | None = None, p50: float | None = None, p99: float | None = None
    ) -> None:
        self.values.append(value)
        for into, one in ((self.refs, ref), (self.p50s, p50), (self.p99s, p99)):
            if one is not None:
                into.append(one)

    @property
    def ratio(self) -> float | None:
        """Of each round by itself: machine and reference are slow together."""
        if len(self.refs) != len(self.values):
            return None
        return median(value / ref for value, ref in zip(self.values, self.refs, strict=True))


def figure(
    name: str, rounds: Rounds, unit: str = "1/s", *, settings: Mapping[str, str | int | float] | None = None
) -> Figure:
    """The median of the rounds; all of their values stand beside it, for whoever asks how noisy it was."""
    is_rate = unit == "1/s"
    each: dict[str, str | int | float] = {
        "rounds": len(rounds.values),
        "each": " ".join(f"{value:.4g}" for value in rounds.values),
    }
    return Figure(
        name=name,
        value=round(median(rounds.values), 3),
        unit=unit,
        ref=_median(rounds.refs, 1),
        ratio=None if rounds.ratio is None or not is_rate else round(rounds.ratio, 3),
        p50=_median(rounds.p50s, 2),
        p99=_median(rounds.p99s, 2),
        commit=_commit(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        settings={**(settings or {}), **each},
    )


def write(figures: Sequence[Figure]) -> None:
    """Appended, so that figures of earlier commits stay beside them."""
    with FILE.open("ab") as file:
        for one in figures:
            file.write(msgspec.json.encode(one) + b"\n")


def misses(figures: Sequence[Figure], bounds: Mapping[str, Bound | None]) -> list[str]:
    """What falls short of a must by more than the noise of these machines."""
    missed = []
    for one in figures:
        bound = bounds[one.name]
        if bound is not None:
            slack = 1 + NOISE if bound.is_most else 1 - NOISE
            if not bound.is_met(one, bound.must * slack):
                missed.append(one.name)
    return missed


def mark(figure: Figure, bound: Bound | None) -> str:
    if bound is None:
        return ""
    if not bound.is_met(figure, bound.must):
        return "MISSES MUST"
    return "goal" if bound.is_met(figure, bound.goal) else "must, below goal"


def table(figures: Sequence[Figure], bounds: Mapping[str, Bound | None]) -> str:
    """For a person to read, also as Markdown."""
    head = ("figure", "value", "unit", "reference", "ratio", "must", "goal", "p50 ms", "p99 ms", "reached")
    rows = [head, *(_row(one, bounds[one.name]) for one in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write_last(figures: Sequence[Figure], bounds: Mapping[str, Bound | None], remarks: Sequence[str]) -> None:
    """The table of the last whole run, with what must be known to read it."""
    first = figures[0]
    shared = {name: value for name, value in first.settings.items() if name not in ("rounds", "each")}
    lines = [
        "# The last whole run",
        "",
        f"Written by `make bench` at {first.date} on commit `{first.commit}`.",
        f"{', '.join(f'{name} {value}' for name, value in shared.items())}.",
        "",
        table(figures, bounds),
        "",
        *(f"- {remark}" for remark in remarks),
    ]
    LAST.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _row(one: Figure, bound: Bound | None) -> tuple[str, ...]:
    ratio = "" if one.ratio is None else f"×{one.ratio:.2f}"
    must, goal = ("", "") if bound is None else (_limit(bound, bound.must), _limit(bound, bound.goal))
    value, ref, p50, p99 = (_short(number) for number in (one.value, one.ref, one.p50, one.p99))
    return one.name, value, one.unit, ref, ratio, must, goal, p50, p99, mark(one, bound)


def _limit(bound: Bound, limit: float) -> str:
    field = {"ratio": "×", "p99": "p99 "}.get(bound.field, "")
    return f"{'≤' if bound.is_most else '≥'} {field}{limit:g}"


def _short(number: float | None) -> str:
    if number is None:
        return ""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def _median(values: list[float], digits: int) -> float | None:
    return round(median(values), digits) if values else None


def _commit() -> str:
    ended = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude", "*"],
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE,
    )
    return ended.stdout.strip() or "unknown"
