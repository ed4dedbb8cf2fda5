"""Figures: one JSON line each in results.jsonl, and a table that marks what misses its must or its goal."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import msgspec

FILE = Path(__file__).parent / "results.jsonl"

# Ratios to the reference that a figure must reach, and those that are its goal.
BOUNDS = {
    "http_single_c64": (1.0, 2.3),
    "http_batch100": (1.8, 4.0),
    "http_balance_c64": (2.0, 6.0),
    "inprocess_c256": (2.0, 4.0),
}
SLACK = 0.8  # a must may be missed by this much on a noisy machine


class Figure(msgspec.Struct, frozen=True):
    """One measured figure; `ref` is pgbench's transactions a second in the same minutes, latencies in milliseconds."""

    name: str
    value: float
    unit: str
    ref: float
    ratio: float
    p50: float
    p99: float
    commit: str
    date: str
    settings: dict[str, str | int]


def figure(name: str, values: list[float], refs: list[float], p50: float, p99: float, postgres: str) -> Figure:
    """The median of some rounds, each with a reference beside it."""
    ratio = median(value / ref for value, ref in zip(values, refs, strict=True))
    return Figure(
        name=name,
        value=round(median(values), 1),
        unit="1/s",
        ref=round(median(refs), 1),
        ratio=round(ratio, 2),
        p50=round(p50, 2),
        p99=round(p99, 2),
        commit=_commit(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        settings={"cores": os.cpu_count() or 0, "postgres": postgres, "rounds": len(values)},
    )


def write(figures: list[Figure]) -> None:
    """Appended, so that figures of earlier commits stay beside them."""
    with FILE.open("ab") as file:
        for one in figures:
            file.write(msgspec.json.encode(one) + b"\n")


def table(figures: list[Figure]) -> str:
    """For a person to read."""
    lines = [
        f"{'figure':<18} {'1/s':>9} {'reference':>10} {'ratio':>7} {'must':>6} {'goal':>6} {'p50 ms':>8} {'p99 ms':>8}"
    ]
    for one in figures:
        must, goal = BOUNDS[one.name]
        mark = "" if one.ratio >= goal else "  below goal" if one.ratio >= must else "  MISSES MUST"
        lines.append(
            f"{one.name:<18} {one.value:>9.0f} {one.ref:>10.0f} {one.ratio:>6.2f}x {must:>5.1f}x {goal:>5.1f}x"
            f" {one.p50:>8.1f} {one.p99:>8.1f}{mark}"
        )
    return "\n".join(lines)


def misses(figures: list[Figure]) -> list[str]:
    """What falls short of a must by more than the noise of these machines."""
    return [one.name for one in figures if one.ratio < SLACK * BOUNDS[one.name][0]]


def _commit() -> str:
    ended = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False, cwd=FILE.parent
    )
    return ended.stdout.strip() or "unknown"
