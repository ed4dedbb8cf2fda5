"""Files on disk by the hash of their content: written once, never changed, in folders of 256."""

import hashlib
import os
import re
import secrets
from pathlib import Path

FOLDER = "evidence"
_HASH = re.compile(r"[0-9a-f]{64}")


class FileShelf:
    """Below the data folder; whoever can read the folder can read the files."""

    def __init__(self, data_folder: Path) -> None:
        self.folder = data_folder / FOLDER

    def keep(self, content: bytes) -> str:
        """Complete and on the disk when this returns; the same content again is kept once."""
        name = hashlib.sha256(content).hexdigest()
        target = self._place(name)
        if target.exists():
            return name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = target.with_name(f".{name[:16]}.{secrets.token_hex(4)}")
        try:
            with open(partial, "xb", opener=_private) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(target)
        finally:
            partial.unlink(missing_ok=True)
        _sync(target.parent)
        return name

    def read(self, name: str) -> bytes | None:
        """None for what is not there any more, as after a restore without its files."""
        try:
            return self._place(name).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """For ever; what is not there any more is fine."""
        self._place(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """All there are; a backup takes them along."""
        return sorted(path.name for path in self.folder.glob("??/*") if _HASH.fullmatch(path.name))

    def _place(self, name: str) -> Path:
        assert _HASH.fullmatch(name), "files are named by their hash"
        return self.folder / name[:2] / name


def _private(path: str, flags: int) -> int:
    """Pictures of people and their homes."""
    return os.open(path, flags, mode=0o600)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
