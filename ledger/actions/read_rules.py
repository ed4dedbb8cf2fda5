"""From the YAML files of a programme's folder to structs; every problem with its file and line, in both languages."""

import itertools
import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ledger.actions.find_misfits import find_misfits
from ledger.actions.read_yaml import BYTES_MAX, BadYaml, Node, plain, read_yaml
from ledger.core.compiled import compile_rulebook
from ledger.core.event import Events
from ledger.core.fault import Fault
from ledger.core.item import Catalogue
from ledger.core.programme import Programme
from ledger.core.prove import broken_examples
from ledger.core.rulebook import Rulebook
from ledger.core.title import Title
from ledger.core.vet import vet_catalogue, vet_programme, vet_rulebook, vet_together

PROBLEMS_MAX = 100

Document = TypeVar("Document", Rulebook, Programme, Catalogue, Events)


class Problem(Struct, frozen=True):
    """One thing that is wrong in a file, where, and in words for the person who wrote it."""

    file: str
    line: int
    path: str
    message: Title


class Read(Struct, frozen=True):
    """A document, or the problems that keep it from being one. Its nodes tell the line of each part."""

    document: Any
    problems: tuple[Problem, ...]
    root: Node | None


class Folder(Struct, frozen=True):
    """A programme's folder as far as it could be read."""

    programme: Programme | None
    catalogue: Catalogue | None
    events: Events | None
    rulebooks: tuple[Rulebook, ...]
    problems: tuple[Problem, ...]


def read_rulebook(
    raw: bytes, programme: Programme, file: str = "rulebook.yaml", events: Events | None = None
) -> tuple[Rulebook | None, tuple[Problem, ...]]:
    """A rulebook that may be published, or all that is wrong with it: types, checks and worked examples.

    Without `events` nothing is said about the events that rules name.
    """
    read = read_document(raw, Rulebook, file)
    if read.document is None:
        return None, read.problems
    rulebook: Rulebook = read.document
    faults = [*vet_rulebook(rulebook, programme), *vet_together(rulebook, programme, events)]
    if not faults:
        broken = broken_examples(compile_rulebook(rulebook, programme))
        faults = [Fault(example.path, example.message) for example in broken]
    problems = tuple(_problem(fault, read, file) for fault in faults)
    return (None if problems else rulebook), problems


def read_programme(raw: bytes, file: str = "programme.yaml") -> tuple[Programme | None, tuple[Problem, ...]]:
    """The programme's policies."""
    read = read_document(raw, Programme, file)
    if read.document is None:
        return None, read.problems
    problems = tuple(_problem(fault, read, file) for fault in vet_programme(read.document))
    return (None if problems else read.document), problems


def read_catalogue(raw: bytes, file: str = "catalogue.yaml") -> tuple[Catalogue | None, tuple[Problem, ...]]:
    """Goods and shops."""
    read = read_document(raw, Catalogue, file)
    if read.document is None:
        return None, read.problems
    problems = tuple(_problem(fault, read, file) for fault in vet_catalogue(read.document))
    return (None if problems else read.document), problems


def read_events(raw: bytes, file: str = "events.yaml") -> tuple[Events | None, tuple[Problem, ...]]:
    """The kinds of events."""
    read = read_document(raw, Events, file)
    return read.document, read.problems


def read_folder(folder: Path) -> Folder:
    """Everything in rules/<programme>/; reads on after a problem, so that all of them can be mended at once."""
    programme, problems = read_programme(*_named(folder / "programme.yaml"))
    catalogue, events = None, Events(())
    if (folder / "catalogue.yaml").exists():
        catalogue, found = read_catalogue(*_named(folder / "catalogue.yaml"))
        problems += found
    if (folder / "events.yaml").exists():
        named, found = read_events(*_named(folder / "events.yaml"))
        events = named or events
        problems += found
    rulebooks, found = _read_rulebooks(folder, programme, events)
    return Folder(programme, catalogue, events, rulebooks, problems + found)


def _read_rulebooks(
    folder: Path, programme: Programme | None, events: Events
) -> tuple[tuple[Rulebook, ...], tuple[Problem, ...]]:
    """Versions in the order of the day from which they count; each bears the name of its file."""
    rulebooks: list[Rulebook] = []
    problems: list[Problem] = []
    paths = sorted((folder / "rulebook").glob("*.yaml"))
    if not paths:
        message = Title("没有规则文件", "there is no rulebook here")
        return (), (Problem(str(folder / "rulebook"), 1, "", message),)
    for path in paths if programme is not None else ():
        assert programme is not None, "without a programme no path is looked at"
        raw, file = _named(path)
        rulebook, found = read_rulebook(raw, programme, file, events)
        problems += found
        if rulebook is None:
            continue
        if rulebook.rulebook != path.stem:
            problems.append(Problem(file, 1, "rulebook", Title("版本名与文件名不同", "is not the name of the file")))
        if any(rulebook.from_ == other.from_ for other in rulebooks):
            problems.append(Problem(file, 1, "from", Title("两个版本同日生效", "two versions start on the same day")))
        rulebooks.append(rulebook)
    return tuple(sorted(rulebooks, key=lambda rulebook: rulebook.from_)), tuple(problems)


def read_document(raw: bytes, wanted: type[Document], file: str) -> Read:
    """Types only: the document, or every place that does not fit them."""
    try:
        root = read_yaml(raw)
    except BadYaml as bad:
        return Read(None, (Problem(file, bad.line, "", bad.message),), None)
    try:
        return Read(msgspec.convert(plain(root), wanted, strict=True), (), root)
    except (msgspec.ValidationError, RecursionError):
        misfits = itertools.islice(find_misfits(root, wanted), PROBLEMS_MAX)
        found = [Problem(file, misfit.node.line, misfit.path, in_both(misfit.message)) for misfit in misfits]
        return Read(None, tuple(found), root)


def _named(path: Path) -> tuple[bytes, str]:
    """One byte more than is allowed is enough to see that there are too many."""
    try:
        with path.open("rb") as file:
            return file.read(BYTES_MAX + 1), str(path)
    except OSError:
        return b"", str(path)


def _problem(fault: Fault, read: Read, file: str) -> Problem:
    node = read.root
    assert node is not None, "a document was read from its nodes"
    path = ""
    for step in fault.path:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
        node = _child(node, step) or node
    return Problem(file, node.line, path, fault.message)


def _child(node: Node, step: str | int) -> Node | None:
    """None where the file does not have the part, as when a field is missing."""
    if isinstance(node.value, dict):
        child: Node | None = node.value.get(step)
        return child
    if isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
        item: Node = node.value[step]
        return item
    return None


_TYPES = {
    "int": "整数",
    "str": "文字",
    "bool": "true 或 false",
    "array": "列表",
    "object": "键值表",
    "date": "日期（如 2026-09-01）",
    "null": "空",
}
_PATTERNS = (
    (
        r"Object contains unknown field `(.+)`; did you mean `(.+)`",
        "不认识的字段 {0}，是否应为 {1}",
        "unknown field {0}; did you mean {1}",
    ),
    (r"Object contains unknown field `(.+)`", "不认识的字段 {0}", "unknown field {0}"),
    (r"Object missing required field `(.+)`", "缺少字段 {0}", "the field {0} is missing"),
    (r"Invalid enum value '?(.+?)'?", "{0} 不在词汇表中", "{0} is not a word that is known here"),
    (r"Invalid value '?(.+?)'?", "{0} 不在词汇表中", "{0} is not a word that is known here"),
    (r"Expected `(.+)`, got `(.+)`", "应为{0}，实为{1}", "should be {0}, is {1}"),
    (r"Expected `int` (>=|<=) (-?\d+)", "数值超出范围：应 {0} {1}", "out of range: should be {0} {1}"),
    (r"Expected `(.+)` of length (>=|<=) (\d+)", "长度超出范围：应 {1} {2}", "wrong length: should be {1} {2}"),
    (r"Expected `str` matching regex .*", "含有不允许的字符", "holds a character that is not allowed here"),
    (r"Invalid RFC3339 encoded date", "日期应写作 2026-09-01", "a day is written 2026-09-01"),
)


def in_both(message: str) -> Title:
    """What the decoder says, in words for a person; the doors use them too."""
    zh, slash, en = message.partition(" / ")
    if slash:
        return Title(zh, en)
    for pattern, zh, en in _PATTERNS:
        match = re.fullmatch(pattern, message, re.DOTALL)
        if match:
            words = [word[:80] for word in match.groups()]
            return Title(zh.format(*(_zh_types(word) for word in words)), en.format(*words))
    return Title(f"不符合要求：{message[:200]}", message[:200])


def _zh_types(word: str) -> str:
    return " 或 ".join(_TYPES.get(part.strip(), part.strip()) for part in word.split(" | "))
