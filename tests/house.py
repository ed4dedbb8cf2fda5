"""The rules of the house as checks over a source tree; each answers what breaks it, as `file: why`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

FILE_LINES = 400
FUNCTION_LINES = 40
FOG = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "service", "services", "common", "misc"})
FOG_ALONE = frozenset({"base", "service_base", "models"})  # fine as a part of a longer name
KNOWN_NAMES = frozenset({"service_role"})  # PostgreSQL's own word for the login that serves

FLOORS = ("alone", "core", "db", "posting", "actions", "hall", "door", "roof")
TOP_LEVEL = {
    "verify": "alone",
    **dict.fromkeys(("posting", "lanes", "batch", "tally"), "posting"),
    "deadline": "roof",
    **dict.fromkeys(
        (
            "app",
            "main",
            "serve",
            "one_packet",
            "express_protocol",
            "first_start",
            "config",
            "log",
            "kept_answers",
            "problems",
            "punctual_protocol",
            "refusal_packet",
            "safe_headers",
            "routes",
            "schemas",
        ),
        "roof",
    ),
}
FOLDERS = {"core": "core", "db": "db", "actions": "actions", "hall": "hall", "api": "door", "web": "door"}

PURE = frozenset({
    "base64", "bisect", "calendar", "collections", "copy", "datetime", "decimal", "enum", "fractions", "functools",
    "msgspec", "hashlib", "heapq", "hmac", "itertools", "math", "operator", "re", "string", "typing", "unicodedata",
    "zoneinfo",
})  # fmt: skip


class Module(msgspec.Struct, frozen=True):
    """One Python file with its place in the house."""

    file: str
    name: str
    floor: str
    door: str
    text: str
    tree: ast.Module


def read_modules(root: Path) -> list[Module]:
    return [_module(root, path) for path in sorted((root / "ledger").rglob("*.py"))]


def _module(root: Path, path: Path) -> Module:
    parts = path.relative_to(root).with_suffix("").parts
    floor, door = _place(parts[1:])
    text = path.read_text(encoding="utf-8")
    return Module(str(path.relative_to(root)), ".".join(parts), floor, door, text, ast.parse(text))


def _place(parts: tuple[str, ...]) -> tuple[str, str]:
    """Floor and door of `ledger.<parts>`; a file nobody has placed stands nowhere."""
    first = parts[0] if parts else ""
    if first == "__init__":
        return "alone", ""
    if first == "jobs" or first.startswith("cli"):
        return "door", first[:3]
    floor = FOLDERS.get(first) or TOP_LEVEL.get(first, "nowhere")
    return floor, first if floor == "door" else ""


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield "." * node.level + (node.module or "")
        yield from (f"{node.module}.{alias.name}" for alias in node.names if node.module and _is_ours(node.module))


def _is_ours(name: str) -> bool:
    return name == "ledger" or name.startswith("ledger.")


def looking_up(root: Path) -> Iterator[str]:
    """core <- db <- posting <- actions <- hall <- doors <- roof; doors do not know each other, `verify` nobody."""
    modules = read_modules(root)
    placed = {module.name: module for module in modules}
    for module in modules:
        if module.floor == "nowhere":
            yield f"{module.file}: stands on no floor"
            continue
        for name in (name for node in ast.walk(module.tree) for name in _imports(node)):
            other = placed.get(name)
            if name.startswith("."):
                yield f"{module.file}: relative import {name}"
            elif other is not None and not other.file.endswith("__init__.py"):
                yield from _looks_up(module, other)


def _looks_up(module: Module, other: Module) -> Iterator[str]:
    rank = FLOORS.index
    if module.floor == "alone" or (other.floor != "nowhere" and rank(other.floor) > rank(module.floor)):
        yield f"{module.file}: looks up to {other.name}"
    elif module.floor == other.floor == "door" and module.door != other.door:
        yield f"{module.file}: a door that imports the door {other.name}"


def impure_core(root: Path) -> Iterator[str]:
    for module in read_modules(root):
        for node in ast.walk(module.tree) if module.floor == "core" else ():
            for name in _imports(node):
                if name.split(".")[0] not in PURE and not _is_ours(name):
                    yield f"{module.file}: core imports {name}"
            if isinstance(node, ast.Await | ast.AsyncFunctionDef):
                yield f"{module.file}: core waits"
            if isinstance(node, ast.Attribute) and node.attr in {"now", "today", "utcnow"} and _is_clock(node.value):
                yield f"{module.file}: core looks at the clock"


def _is_clock(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"date", "datetime"}


def filled_init(root: Path) -> Iterator[str]:
    for path in _python(root):
        if path.name == "__init__.py" and path.read_bytes():
            yield f"{path.relative_to(root)}: not empty"


def hidden_imports(root: Path) -> Iterator[str]:
    """No TYPE_CHECKING anywhere; an import inside a function only on the roof, for start-up time."""
    for module in read_modules(root):
        if "TYPE_CHECKING" in module.text:
            yield f"{module.file}: TYPE_CHECKING"
        for function in _functions(module.tree) if module.floor != "roof" else ():
            if any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function)):
                yield f"{module.file}: import inside {function.name}"


def too_long(root: Path) -> Iterator[str]:
    for path in _python(root):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > FILE_LINES:
            yield f"{path.relative_to(root)}: {text.count(chr(10))} lines"
        for function in _functions(ast.parse(text)):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{path.relative_to(root)}: {function.name} has {lines} lines"


def fog_names(root: Path) -> Iterator[str]:
    for folder in ("ledger", "tests", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_relative_to(root / "bench" / "data"):
                continue  # a database's own files, which git does not know either
            stem = path.stem
            is_fog = stem in FOG_ALONE or (FOG & set(stem.split("_")) and stem not in KNOWN_NAMES)
            if is_fog and path.suffix in {"", ".py", ".sql"}:
                yield f"{path.relative_to(root)}: a name that says nothing"


def stray_sql(root: Path) -> Iterator[str]:
    """SQL lives in ledger/db only, and each named statement is used by the module of its noun."""
    for module in read_modules(root):
        for node in ast.walk(module.tree) if module.floor != "db" else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL_START.match(node.value):
                yield f"{module.file}: SQL outside ledger/db"
    known = {
        (path.stem, name)
        for path in (root / "ledger" / "db").glob("*.sql")
        for name in re.findall(r"^-- name: (\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    used = {use for module in read_modules(root) for use in _statements_used(module.tree)}
    yield from (f"ledger/db/{noun}.sql: {name} is never used" for noun, name in sorted(known - used))
    yield from (f"ledger/db/{noun}.sql: there is no {name}" for noun, name in sorted(used - known))


_SQL_START = re.compile(r"\s*(SELECT\s.+\sFROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH \w+ AS)\s", re.DOTALL)


def _statements_used(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """By `_SQL["verb_noun"]`, or by `_SQL[kind]["verb_noun"]` where a kind of thing chooses among nouns."""
    nouns = {
        target.id: list(_nouns_loaded(node.value))
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript):
            whole = node.value.value if isinstance(node.value, ast.Subscript) else node.value
            for constant in ast.walk(node.slice) if isinstance(whole, ast.Name) else ():
                if isinstance(constant, ast.Constant):
                    yield from ((noun, str(constant.value)) for noun in nouns.get(whole.id, ()))


def _nouns_loaded(value: ast.expr) -> Iterator[str]:
    for load in value.values if isinstance(value, ast.Dict) else [value]:
        match load:
            case ast.Call(func=ast.Name(id="load_statements"), args=[ast.Constant(value=noun)]):
                yield str(noun)


def silent_migrations(root: Path) -> Iterator[str]:
    """The first line says why; whatever can be broken has a name that reads as a promise."""
    for path in sorted((root / "ledger" / "db" / "migrations").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        if not re.match(r"-- Why: \S", text):
            yield f"{path.name}: does not start with why"
        bare = re.sub(r"\$\$.*?\$\$|--[^\n]*|'[^']*'", " ", text, flags=re.DOTALL)
        for statement in re.findall(r"\b(?:CREATE|ALTER) TABLE\b[^;]*", bare):
            unnamed = re.sub(r"CONSTRAINT\s+\w+\s+(PRIMARY KEY|UNIQUE|CHECK|EXCLUDE|FOREIGN KEY)", "", statement)
            unnamed = re.sub(r"CONSTRAINT\s+\w+\s+REFERENCES", "", unnamed)
            named_foreign = statement.count("FOREIGN KEY")
            for word in re.findall(r"PRIMARY KEY|UNIQUE|CHECK|EXCLUDE|FOREIGN KEY", unnamed):
                yield f"{path.name}: {word} without a name"
            if len(re.findall(r"\bREFERENCES\b", unnamed)) > named_foreign:
                yield f"{path.name}: REFERENCES without a name"


def wordless_reasons(root: Path) -> Iterator[str]:
    """Every Reason has its words for people, and a test that meets it."""
    source = ast.parse((root / "ledger" / "core" / "refusal.py").read_text(encoding="utf-8"))
    [closed] = [node for node in ast.walk(source) if isinstance(node, ast.ClassDef) and node.name == "Reason"]
    words = "".join(
        path.read_text(encoding="utf-8") for path in sorted((root / "ledger" / "hall").glob("words_of_*.py"))
    )
    tests = "".join(path.read_text(encoding="utf-8") for path in sorted((root / "tests").rglob("test_*.py")))
    for node in closed.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id, ast.literal_eval(node.value)
            if f"Reason.{name}:" not in words:
                yield f"Reason.{name}: no words in hall/words_of_*.py"
            if not re.search(rf"\bReason\.{name}\b|[\"']{value}[\"']", tests):
                yield f"Reason.{name}: no test meets it"


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _python(root: Path) -> list[Path]:
    return [path for folder in ("ledger", "tests", "bench") for path in sorted((root / folder).rglob("*.py"))]
