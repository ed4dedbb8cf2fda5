"""Q11: small wrong changes to core and posting, one at a time in a scratch copy, that some test must notice.

Changes are made where functions compute: comparisons, arithmetic, logic, numbers and words. What the runner of a
library would do by rewriting each function into a switch does not go with types that are read from signatures.
"""

import ast
import copy
import random
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.planting import ROOT, run_detector

_SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
}  # fmt: skip
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_WORD = re.compile(r"[a-z][a-z_:-]*")

STAGES = (
    "tests/core",
    "tests/test_verbs.py tests/test_posting.py tests/test_found_by_the_model.py tests/test_found_by_reading.py",
    "tests/test_effects.py tests/test_tender.py tests/test_budget.py tests/test_periods.py tests/test_cli_rules.py"
    " tests/test_periods_of_rules.py tests/api/test_corrections.py tests/test_lock_order.py",
    "tests/test_model.py::test_ledger_and_model_never_differ",
)
"""Quick ones first; each stops at its first red test."""


class Mutant(msgspec.Struct, frozen=True):
    """One change: the file, where, what it was and what it becomes, and the whole text with it."""

    file: str
    line: int
    change: str
    text: str


def mutants_of(file: str) -> list[Mutant]:
    """All that can be made of one file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = []
    for number, _ in enumerate(_sites(tree)):
        changed = copy.deepcopy(tree)
        site = next(site for place, site in enumerate(_sites(changed)) if place == number)
        before = ast.unparse(site)
        line = getattr(site, "lineno", 0)
        _change(site)
        ast.fix_missing_locations(changed)
        found.append(Mutant(file, line, f"{before}  →  {ast.unparse(site)}", ast.unparse(changed)))
    return found


def sample(files: list[str], number: int, seed: int) -> list[Mutant]:
    """The same for the same seed, so that a run can be repeated."""
    everything = [mutant for file in files for mutant in mutants_of(file)]
    return random.Random(seed).sample(everything, min(number, len(everything)))


def is_noticed(mutant: Mutant, tree: Path) -> bool:
    """Whether any test goes red; the tree is as before afterwards."""
    place = tree / mutant.file
    text = place.read_text(encoding="utf-8")
    place.write_text(mutant.text, encoding="utf-8")
    try:
        return any(not run_detector(tree, stage)[0] for stage in STAGES)
    finally:
        place.write_text(text, encoding="utf-8")


def _sites(tree: ast.Module) -> Iterator[ast.AST]:
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in function.body:
                yield from (node for node in _outside_annotations(statement) if _may_change(node))


def _outside_annotations(node: ast.AST) -> Iterator[ast.AST]:
    """Assertions are our own alarm: what weakens one is no wrong answer. Functions within are met by themselves."""
    if isinstance(node, ast.Assert | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    yield node
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and name not in {"annotation", "returns"}:
                yield from _outside_annotations(child)


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
