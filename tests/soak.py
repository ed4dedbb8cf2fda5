"""`make soak`: the long programmes of quality, piece by piece, and each one's figure in the end, green or red.

What a piece has reached is kept in `.soak`, so that a run that was interrupted goes on where it was; a change of the
ledger begins anew.
"""

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tests.planting import planted_bugs

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".soak"
_FIGURE = re.compile(r"^(Q\d+|Planted): (.+)$", re.MULTILINE)
_NUMBER = re.compile(r"\d+")


class Programme(msgspec.Struct, frozen=True):
    """A programme, the number that its figure must reach first of all, and how it is cut."""

    name: str
    tests: str
    asked: int
    pieces: int = 1
    is_alone: bool = False
    """Where it uses both cores by itself, or measures time against death."""
    found_in: str = ""
    """The programme whose pieces tell this figure too."""


PROGRAMMES = (
    Programme("Q1", "tests/test_model.py", 200_000, pieces=8),
    Programme("Q2", "tests/test_history.py", 300_000, pieces=4),
    Programme("Q3", "tests/test_model.py", 8, pieces=8, found_in="Q1"),
    Programme("Q4", "tests/test_retries.py", 10_000),
    Programme("Q5", "tests/test_kill.py", 200, pieces=10, is_alone=True),
    Programme("Q7", "tests/test_crash_points.py", 100),
    Programme("Q10", "tests/api/test_schemathesis.py", 20_000, pieces=10),
    Programme("Q11", "tests/test_mutants.py", 300, pieces=6, is_alone=True),
    Programme("Q12", "tests/test_tamper.py", 1_000),
    Programme("Q13", "tests/test_model.py", 100, pieces=8, found_in="Q1"),
    Programme("Planted", "tests/test_planted.py", sum(not bug.is_quick for bug in planted_bugs())),
)


class Piece(msgspec.Struct, frozen=True):
    """What a piece came to; its figures are sentences in which numbers can be added up."""

    programme: str
    number: int
    seed: int
    source: str
    is_green: bool
    seconds: float
    figures: list[tuple[str, str]]


class Record:
    """The pieces that are done for the ledger as it is now."""

    def __init__(self, folder: Path, source: str) -> None:
        folder.mkdir(exist_ok=True)
        self.file = folder / "pieces.jsonl"
        self.source = source

    def pieces(self) -> dict[tuple[str, int], Piece]:
        """The last word on each."""
        lines = self.file.read_bytes().splitlines() if self.file.exists() else []
        known = [msgspec.json.decode(line, type=Piece) for line in lines]
        return {(piece.programme, piece.number): piece for piece in known if piece.source == self.source}

    def add(self, piece: Piece) -> None:
        with self.file.open("ab") as file:
            file.write(msgspec.json.encode(piece) + b"\n")


def source_now() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in (ROOT / "ledger").rglob("*") if path.suffix in (".py", ".sql")):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def run_piece(programme: Programme, number: int, source: str) -> Piece:
    """Never fails: what goes wrong is told by the piece."""
    seed = random.randrange(10**6)
    began = time.monotonic()
    environ = {
        "SOAK_SHARE": str(1 / programme.pieces), "SOAK_SEED": str(seed), "SOAK_FOLDER": str(FOLDER),
    }  # fmt: skip
    with (FOLDER / f"{programme.name}-{number}.log").open("w+b") as log:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-m", "soak", "-rP", programme.tests],
            cwd=ROOT, env={**os.environ, **environ}, stdout=log, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        log.seek(0)
        figures = [(name, figure) for name, figure in _FIGURE.findall(log.read().decode("utf-8", "replace"))]
    seconds = round(time.monotonic() - began, 1)
    return Piece(programme.name, number, seed, source, ended.returncode == 0, seconds, figures)


def added_up(figures: Iterable[str]) -> list[str]:
    """Sentences that differ in their numbers only become one with the sums."""
    sums: dict[str, list[int]] = defaultdict(list)
    for figure in figures:
        numbers = [int(number) for number in _NUMBER.findall(figure)]
        words = _NUMBER.sub("\0", figure)
        before = sums[words] or [0] * len(numbers)
        sums[words] = [one + other for one, other in zip(before, numbers, strict=True)]
    return [_with_numbers(words, iter(numbers)) for words, numbers in sums.items()]


def _with_numbers(words: str, numbers: Iterator[int]) -> str:
    return re.sub("\0", lambda _: str(next(numbers)), words)


def tell(programme: Programme, pieces: Sequence[Piece]) -> tuple[bool, str]:
    """Whether it is reached, and the line that says so."""
    figures = added_up(figure for piece in pieces for name, figure in piece.figures if name == programme.name)
    reached = sum(int(found[0]) for figure in figures if (found := _NUMBER.search(figure)))
    is_green = all(piece.is_green for piece in pieces) and reached >= programme.asked
    seconds = sum(piece.seconds for piece in pieces)
    return is_green, (
        f"{programme.name:8} {'green' if is_green else 'RED':6} asked {programme.asked:>7,}  "
        f"{'; '.join(figures) or 'nothing yet'}  ({len(pieces)} of {programme.pieces} pieces, {seconds:,.0f} s)"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options().parse_args(arguments)
    record = Record(FOLDER, source_now())
    chosen = [programme for programme in PROGRAMMES if not options.names or programme.name in options.names]
    ends = time.monotonic() + options.minutes * 60
    waiting = [
        (programme, number)
        for programme in chosen
        if not programme.found_in
        for number in range(programme.pieces)
        if options.fresh or not ((done := record.pieces().get((programme.name, number))) and done.is_green)
    ]

    def work(programme: Programme, number: int) -> None:
        if time.monotonic() < ends:
            piece = run_piece(programme, number, record.source)
            record.add(piece)
            word = "green" if piece.is_green else f"RED, see {FOLDER.name}/{programme.name}-{number}.log"
            print(
                f"{programme.name} piece {number + 1} of {programme.pieces}: {word}, {piece.seconds:.0f} s", flush=True
            )

    for is_alone in (False, True):
        with ThreadPoolExecutor(1 if is_alone else options.workers) as pool:
            for programme, number in waiting:
                if programme.is_alone == is_alone:
                    pool.submit(work, programme, number)
    done = record.pieces()
    told = [tell(programme, [done[key] for key in _keys(programme) if key in done]) for programme in chosen]
    print(f"\nledger {record.source}", *(line for _, line in told), sep="\n")
    return 0 if all(is_green for is_green, _ in told) else 1


def _keys(programme: Programme) -> list[tuple[str, int]]:
    return [(programme.found_in or programme.name, number) for number in range(programme.pieces)]


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    names = [programme.name for programme in PROGRAMMES]
    parser.add_argument("names", nargs="*", choices=[*names, []], help="only these")
    parser.add_argument("--minutes", type=float, default=600, help="begin no piece after so many")
    parser.add_argument("--workers", type=int, default=int(os.environ.get("WORKERS", "2")), help="pieces at once")
    parser.add_argument("--fresh", action="store_true", help="begin anew although pieces are kept")
    return parser


if __name__ == "__main__":
    sys.exit(main())
