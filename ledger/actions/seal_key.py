"""The key that signs checkpoints: made at first use, kept in a file that only its owner may read."""

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.log_kind import LogKind
from ledger.core.note import key_id, origin_of, signed_note, verifier_key
from ledger.db.place import Place
from ledger.db.secret_file import SECRET_BYTES, make_secret

KEY_FILE = "seal.key"
_SEED_BYTES = SECRET_BYTES


class SealKeyProblem(Exception):
    """The file is there, but no key is in it."""


class SealKey:
    """Signs for every programme; each log has a name of its own under the same key."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._private.public_key().public_bytes_raw()

    def sign(self, programme: str, text: str, kind: LogKind = LogKind.JOURNAL) -> str:
        """The note as it may be printed; the same for the same text."""
        return signed_note(text, origin_of(programme, kind), self._public, self._private.sign(text.encode()))

    def verifier(self, programme: str, kind: LogKind = LogKind.JOURNAL) -> str:
        """The line that a verifier needs: to be kept where nobody who runs the service can change it."""
        return verifier_key(origin_of(programme, kind), self._public)

    def has_signed(self, programme: str, note: str, kind: LogKind = LogKind.JOURNAL) -> bool:
        """By the name and the key that the note's last line bears; whether the signature holds is not looked at."""
        name, _, stamp = note.rstrip("\n").rpartition("\n")[2].removeprefix("— ").partition(" ")
        own_name = origin_of(programme, kind)
        try:
            return name == own_name and base64.b64decode(stamp)[:4] == key_id(own_name, self._public)
        except ValueError:
            return False

    def must_have_signed(self, programme: str, note: str, kind: LogKind = LogKind.JOURNAL) -> None:
        """A log that changed its key in mid-history could be replaced by anybody with a key of his own."""
        if not self.has_signed(programme, note, kind):
            raise SealKeyProblem(
                f"the log of {programme} was sealed with another key; bring that key back (seal.key in the data folder"
                " of the service, or LEDGER_SEAL_KEY_FILE)"
            )


def seal_key_of(place: Place) -> SealKey:
    """As given by the operator, or from the data folder, where it is made at first use."""
    if place.seal_key is not None:
        return read_seal_key(place.seal_key, "LEDGER_SEAL_KEY")
    return open_seal_key(place.seal_key_file)


def find_seal_key(place: Place) -> SealKey | None:
    """The same, but none is made."""
    return seal_key_of(place) if place.seal_key is not None or place.seal_key_file.exists() else None


def open_seal_key(file: Path) -> SealKey:
    """Two processes that come first together end with the same key."""
    if not file.exists():
        make_secret(file)
    return read_seal_key(file.read_text(encoding="utf-8"), str(file))


def read_seal_key(text: str, where: str) -> SealKey:
    """From the text of a key file; `where` is for the message."""
    try:
        seed = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise SealKeyProblem(f"{where} does not hold a key") from error
    if len(seed) != _SEED_BYTES:
        raise SealKeyProblem(f"{where} does not hold a key of {_SEED_BYTES} bytes")
    return SealKey(seed)
