"""Q11: small wrong changes to core and posting, one at a time in a scratch copy, that some test must notice.

Changes are made where functions compute: comparisons, arithmetic, logic, numbers and words. What the runner of a
library would do by rewriting each function into a switch does not go with types that are read from signatures.
"""

import ast
import random
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).parent.parent

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_WORD = re.compile(r"[a-z][a-z_:-]*")


class Mutant(msgspec.Struct, frozen=True):
    """One change: the file, the lines of the statement, what it was and what it becomes, and the whole text with it."""

    file: str
    first: int
    last: int
    change: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.first}"


class Site(NamedTuple):
    """Something that may be changed, and the lines of the statement around it."""

    node: ast.AST
    first: int
    last: int


def files_to_change() -> list[str]:
    """Those of the quality page, and what cuts batches for posting."""
    core = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "ledger" / "core").glob("*.py"))
    return [*core, "ledger/posting.py", "ledger/batch.py"]


def mutants_of(file: str, numbers: Collection[int] | None = None) -> list[Mutant]:
    """All that can be made of one file, or those of the numbers."""
    text = (ROOT / file).read_text(encoding="utf-8")
    wanted = range(sum(1 for _ in _sites(ast.parse(text)))) if numbers is None else sorted(numbers)
    found = []
    for number in wanted:
        tree = ast.parse(text)
        node, first, last = [*_sites(tree)][number]
        before = ast.unparse(node)
        _change(node)
        ast.fix_missing_locations(tree)
        found.append(Mutant(file, first, last, f"{before}  →  {ast.unparse(node)}", ast.unparse(tree)))
    return found


def sample(files: Sequence[str], number: int, seed: int) -> list[Mutant]:
    """The same for the same seed, so that a run can be repeated."""
    everything = [
        (file, number)
        for file in files
        for number, _ in enumerate(_sites(ast.parse((ROOT / file).read_text(encoding="utf-8"))))
    ]
    drawn = random.Random(seed).sample(everything, min(number, len(everything)))
    return [mutant for file, number in drawn for mutant in mutants_of(file, [number])]


def _sites(tree: ast.Module) -> Iterator[Site]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in function.body:
                yield from (site for site in _outside_annotations(statement, (0, 0)) if _may_change(site.node))


def _outside_annotations(node: ast.AST, lines: tuple[int, int]) -> Iterator[Site]:
    """Assertions are our own alarm: what weakens one is no wrong answer. Functions within are met by themselves."""
    if isinstance(node, ast.Assert | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.keyword) and node.arg == "strict":  # an assertion about lengths
        return
    if isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
        lines = _head(node, lines)
    yield Site(node, *lines)
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in {"annotation", "returns"}:
                yield from _outside_annotations(child, lines)


def _head(node: ast.stmt | ast.match_case | ast.ExceptHandler, lines: tuple[int, int]) -> tuple[int, int]:
    """A statement's lines without those of the block that it opens."""
    first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
    block = getattr(node, "body", None) or getattr(node, "cases", None)
    if not block:
        return first, getattr(node, "end_lineno", None) or first
    opened = block[0].pattern.lineno if isinstance(block[0], ast.match_case) else block[0].lineno
    return first, max(first, opened - 1)


def _may_change(node: ast.AST) -> bool:
    match node:
        case ast.Compare(ops=ops):
            return type(ops[0]) in _SWAPS
        case ast.BoolOp() | ast.UnaryOp(op=ast.Not() | ast.USub()) | ast.Break() | ast.Continue():
            return True
        case ast.BinOp(op=op) | ast.AugAssign(op=op):
            return type(op) in _SWAPS
        case ast.Call(func=ast.Name(id=name)):
            return name in _CALLS
        case ast.Constant(value=bool() | int()):
            return True
        case ast.Constant(value=str() as word):
            return _WORD.fullmatch(word) is not None
    return False


def _change(node: ast.AST) -> None:
    match node:
        case ast.Compare(ops=ops):
            ops[0] = _SWAPS[type(ops[0])]()
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op):
            node.op = _SWAPS[type(op)]()  # type: ignore[union-attr]
        case ast.UnaryOp(op=ast.USub()):
            node.op = ast.UAdd()
        case ast.UnaryOp(operand=operand):
            node.__class__ = ast.Call  # type: ignore[assignment]
            node.func, node.args, node.keywords = ast.Name("bool", ast.Load()), [operand], []  # type: ignore[attr-defined]
        case ast.Call(func=ast.Name() as name):
            name.id = _CALLS[name.id]
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() as number):
            node.value = number + 1
        case ast.Constant(value=str() as word):
            node.value = f"x{word}"
        case ast.Break() | ast.Continue():
            node.__class__ = ast.Continue if isinstance(node, ast.Break) else ast.Break  # type: ignore[assignment]
