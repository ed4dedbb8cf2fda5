"""Reads the small and honest part of YAML 1.2: words, whole numbers, lists and maps; each with its line."""

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ledger.core.title import INVISIBLE, Title

BYTES_MAX = 512 * 1024
DEPTH_MAX = 24
# The parser yields some 60,000 events a second on a slow machine: a hostile file is answered in less than one.
EVENTS_MAX = 24_000
DIGITS_MAX = 16

_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*\Z")
_PLAIN_NUMBER = re.compile(r"(0|-?[1-9][0-9]*)\Z")
# Words and shapes that one reader of YAML takes for text and another for a number, a truth or a time.
_AMBIGUOUS = re.compile(
    r"(?i)(y|n|yes|no|on|off|~|null|[-+]?(\.inf|\.nan|infinity)|\.nan|0[xob][0-9a-f_]+"
    r"|[-+]?[0-9][0-9_]*(:[0-9]{1,2})+(\.[0-9]*)?|[-+]?([0-9]+\.[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?|[-+]?[0-9]+e[-+]?[0-9]+)\Z"
)
_UNREADABLE = re.compile(f"[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f{INVISIBLE}\ud800-\udfff]")


class Node(Struct):
    """A value with the line on which it stands; maps and lists hold nodes. `place` is its key or index in the file."""

    line: int
    value: Any
    place: str | int = ""


class BadYaml(Exception):
    """The text is not acceptable at all; nothing of it is used."""

    def __init__(self, line: int, message: Title) -> None:
        super().__init__(line, message.en)
        self.line = line
        self.message = message


def read_yaml(raw: bytes) -> Node:
    """The document as a tree of nodes. Bounded in size, depth and count before anything is built."""
    if len(raw) > BYTES_MAX:
        raise BadYaml(1, Title(f"文件过大：超过 {BYTES_MAX} 字节", f"the file is larger than {BYTES_MAX} bytes"))
    text = _decode(raw)
    try:
        return _build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        what = str(error.problem or "")[:200]
        raise BadYaml(line, Title(f"YAML 语法错误：{what}", f"not valid YAML: {what}")) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise BadYaml(1, Title("不是有效的 YAML", "not valid YAML")) from error


def plain(node: Node) -> Any:
    """The values without their lines."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def _decode(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadYaml(line, Title("文件不是 UTF-8 编码", "the file is not UTF-8")) from error
    text = text.removeprefix("\ufeff")
    _refuse_invisible(text, 1)
    return text


def _refuse_invisible(text: str, first_line: int) -> None:
    """Also called for what escapes such as "\\u202e" have become."""
    unreadable = _UNREADABLE.search(text)
    if unreadable:
        line = text.count("\n", 0, unreadable.start()) + first_line
        code = f"U+{ord(unreadable.group()):04X}"
        raise BadYaml(line, Title(f"含有看不见的字符 {code}", f"holds the invisible character {code}"))


def _build(events: Iterator[Event]) -> Node:
    root: Node | None = None
    open_nodes: list[Node] = []
    keys: list[str | None] = []
    for number, event in enumerate(events):
        line = event.start_mark.line + 1
        if number > EVENTS_MAX:
            raise BadYaml(line, Title("文件内容过多", f"the file holds more than {EVENTS_MAX} parts"))
        _refuse_tricks(event, line, has_root=root is not None and not open_nodes)
        if isinstance(event, MappingEndEvent | SequenceEndEvent):
            open_nodes.pop()
            keys.pop()
            continue
        if not isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent):
            continue
        if open_nodes and isinstance(open_nodes[-1].value, dict) and keys[-1] is None:
            keys[-1] = _key(event, open_nodes[-1], line)
            continue
        node = _node(event, line)
        _attach(node, open_nodes, keys)
        root = root or node
        if not isinstance(event, ScalarEvent):
            open_nodes.append(node)
            keys.append(None)
            if len(open_nodes) > DEPTH_MAX:
                raise BadYaml(line, Title("嵌套过深", f"nested deeper than {DEPTH_MAX} levels"))
    if root is None:
        raise BadYaml(1, Title("文件是空的", "the file is empty"))
    return root


def _refuse_tricks(event: Event, line: int, *, has_root: bool) -> None:
    if isinstance(event, AliasEvent) or getattr(event, "anchor", None) is not None:
        raise BadYaml(line, Title("不允许使用锚点和别名（& *）", "anchors and aliases (& *) are not allowed"))
    if getattr(event, "tag", None) is not None:
        raise BadYaml(line, Title("不允许使用标签（!）", "tags (!) are not allowed"))
    if isinstance(event, DocumentStartEvent) and has_root:
        raise BadYaml(line, Title("一个文件只能有一份文档", "one file holds one document"))


def _attach(node: Node, open_nodes: list[Node], keys: list[str | None]) -> None:
    if not open_nodes:
        return
    parent = open_nodes[-1].value
    if isinstance(parent, list):
        node.place = len(parent)
        parent.append(node)
        return
    key = keys[-1]
    assert key is not None, "a value in a map comes after its key"
    node.place = key
    parent[key] = node
    keys[-1] = None


def _key(event: Event, parent: Node, line: int) -> str:
    if not isinstance(event, ScalarEvent):
        raise BadYaml(line, Title("键必须是文字", "a key must be a word"))
    value = _scalar(event, line)
    key = value if isinstance(value, str) else event.value
    if key == "<<":
        raise BadYaml(line, Title("不允许合并键（<<）", "merge keys (<<) are not allowed"))
    if key in parent.value:
        raise BadYaml(line, Title(f"重复的键：{key[:60]}", f"the key stands here twice: {key[:60]}"))
    assert isinstance(key, str)
    return key


def _node(event: Event, line: int) -> Node:
    if isinstance(event, MappingStartEvent):
        return Node(line, {})
    if isinstance(event, SequenceStartEvent):
        return Node(line, [])
    assert isinstance(event, ScalarEvent), "only maps, lists and scalars become nodes"
    return Node(line, _scalar(event, line))


def _scalar(event: ScalarEvent, line: int) -> str | int | bool:
    text = str(event.value)
    _refuse_invisible(text, line)
    if event.style in ("|", ">"):
        return " ".join(text.split("\n")).strip()
    if not event.implicit[0]:
        return text
    if text in ("true", "false"):
        return text == "true"
    if _NUMBER.match(text):
        return _number(text, line)
    if not text:
        nothing = Title(
            "这里没有内容；文字中有逗号或冒号请加引号", "nothing stands here; text with a comma or colon needs quotes"
        )
        raise BadYaml(line, nothing)
    if _AMBIGUOUS.match(text):
        zh, en = "含义不明：请加引号，或写成整数", "is read in several ways: put it in quotes, or write a whole number"
        raise BadYaml(line, Title(f"{text} {zh}", f"{text} {en}"))
    return text


def _number(text: str, line: int) -> int:
    if len(text) > DIGITS_MAX:
        raise BadYaml(line, Title("数字过大", f"a number longer than {DIGITS_MAX} digits"))
    if not _PLAIN_NUMBER.match(text):
        raise BadYaml(
            line,
            Title(
                f"{text} 含义不明：整数不带前导零、加号和下划线，否则请加引号",
                f"{text} is read in several ways: write it without leading zeros, + or _, or in quotes",
            ),
        )
    return int(text)
