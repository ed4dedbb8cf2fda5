"""Finds every place of a file that does not fit the types, where the decoder alone would stop at the first."""

import difflib
import types
from collections.abc import Iterator
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from ledger.actions.read_yaml import Node, plain


class Misfit(Struct, frozen=True):
    """A node, the way to it, and what the decoder says about it."""

    node: Node
    path: str
    message: str


def find_misfits(node: Node, kind: Any, path: str = "") -> Iterator[Misfit]:
    """Parts first: a whole is only tried when all of its parts fit. Depth is bounded by the reader."""
    bare = _bare(kind)
    options = [option for option in get_args(bare) if option is not types.NoneType] if _is_union(bare) else [bare]
    structs = [option for option in options if _is_struct(option)]
    inner = list(_inside(node, structs, options, path))
    if inner:
        yield from inner
        return
    try:
        msgspec.convert(plain(node), kind, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        message, _, place = str(error).partition(" - at `$.")
        name = place.removesuffix("`")
        if isinstance(node.value, dict) and name in node.value:
            node, path = node.value[name], _below(path, name)
        yield Misfit(node, path, message.partition(" - at ")[0])


def _inside(node: Node, structs: list[Any], options: list[Any], path: str) -> Iterator[Misfit]:
    if isinstance(node.value, dict) and structs:
        kind = _by_tag(node, structs)
        if kind is not None:
            yield from _fields(node, kind, path)
    elif len(options) == 1 and isinstance(node.value, list) and get_origin(options[0]) is tuple:
        for place, child in enumerate(node.value):
            yield from find_misfits(child, get_args(options[0])[0], f"{path}[{place}]")
    elif len(options) == 1 and isinstance(node.value, dict) and get_origin(options[0]) is dict:
        key_kind, value_kind = get_args(options[0])
        for key, child in node.value.items():
            yield from find_misfits(Node(child.line, key), key_kind, _below(path, key))
            yield from find_misfits(child, value_kind, _below(path, key))


def _fields(node: Node, kind: type[Struct], path: str) -> Iterator[Misfit]:
    hints = get_type_hints(kind, include_extras=True)
    fields = {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}
    tag_field = kind.__struct_config__.tag_field
    meant: set[str] = set()
    for name, child in node.value.items():
        if name in fields:
            yield from find_misfits(child, fields[name], _below(path, name))
        elif name != tag_field:
            near = difflib.get_close_matches(name, fields, 1)
            meant.update(near)
            hint = f"; did you mean `{near[0]}`" if near else ""
            yield Misfit(child, path, f"Object contains unknown field `{name}`{hint}")
    for field in msgspec.structs.fields(kind):
        if field.required and field.encode_name not in node.value and field.encode_name not in meant:
            yield Misfit(node, path, f"Object missing required field `{field.encode_name}`")


def _by_tag(node: Node, structs: list[type[Struct]]) -> type[Struct] | None:
    """The one that the tag names; None leaves it to the decoder to say that there is no such kind."""
    if len(structs) == 1:
        return structs[0]
    for kind in structs:
        config = kind.__struct_config__
        child = node.value.get(config.tag_field)
        if child is not None and child.value == config.tag:
            return kind
    return None


def _bare(kind: Any) -> Any:
    return _bare(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
