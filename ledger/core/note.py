"""Checkpoints as signed notes (C2SP tlog-checkpoint and signed-note), which may be printed and kept on paper."""

import base64
import hashlib
from datetime import datetime

from msgspec import Struct

from ledger.core.log_kind import LogKind

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4


class Checkpoint(Struct, frozen=True):
    """How long a log was, what its tree hashed to, when it was said, and how long it was when that was said before."""

    origin: str
    size: int
    root: bytes
    sealed_at: datetime
    earlier_size: int


def origin_of(programme: str, kind: LogKind = LogKind.JOURNAL) -> str:
    """The name of a programme's log, which is the name of its key too."""
    return f"points-ledger/{programme}" if kind is LogKind.JOURNAL else f"points-ledger/{programme}/{kind}"


def unsigned_text(checkpoint: Checkpoint) -> str:
    """The text that is signed: it ends with a line break."""
    root = base64.b64encode(checkpoint.root).decode()
    when = f"{checkpoint.sealed_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    return f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n{when}\nafter {checkpoint.earlier_size}\n"


def signed_note(text: str, name: str, public_key: bytes, signature: bytes) -> str:
    stamp = base64.b64encode(key_id(name, public_key) + signature).decode()
    return f"{text}\n— {name} {stamp}\n"


def verifier_key(name: str, public_key: bytes) -> str:
    """The one line by which anybody can check the notes of a log."""
    return f"{name}+{key_id(name, public_key).hex()}+{base64.b64encode(_ED25519 + public_key).decode()}"


def key_id(name: str, public_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()[:_KEY_ID_BYTES]
