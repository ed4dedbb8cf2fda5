"""Secrets that are made at first use and kept in a file that only its owner may read."""

import base64
import os
from pathlib import Path

SECRET_BYTES = 32


def make_secret(file: Path) -> None:
    """Two processes that come first together end with the same secret."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(base64.b64encode(os.urandom(SECRET_BYTES)).decode() + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(partial, file)  # Refuses to replace a secret that somebody else has made meanwhile.
    except FileExistsError:
        pass
    finally:
        partial.unlink()
