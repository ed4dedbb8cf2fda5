"""A contradiction in a programme's files, found without knowing lines: the path leads to the part that holds it."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ledger.core.title import Title

Path = tuple[str | int, ...]


class Fault(Struct, frozen=True):
    """One contradiction, in words for the person who wrote it."""

    path: Path
    message: Title


def fault(path: Path, zh: str, en: str) -> Fault:
    """Both languages at once."""
    return Fault(path, Title(zh, en))


def below(path: Path, faults: Iterable[Fault]) -> Iterator[Fault]:
    """Faults of a part, seen from the whole."""
    return (Fault((*path, *inner.path), inner.message) for inner in faults)


def named_twice(field: str, names: Iterable[str]) -> Iterator[Fault]:
    """The second time that a name is used."""
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield fault((field, number), f"重复的名称：{name}", f"the name stands here twice: {name}")
        seen.add(name)
