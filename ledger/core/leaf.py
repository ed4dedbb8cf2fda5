"""What a log says of one journal line: canonical fields in the clear, people's words as salted commitments."""

import hashlib
from collections.abc import Mapping
from datetime import date

import msgspec

from ledger.core.audit_leaf import AuditLine, audit_leaf_of, audit_private_parts

FORMAT = 1
SALT_BYTES = 16
COMMITMENT_DIGITS = 64


class SealedEntry(msgspec.Struct, frozen=True, array_like=True):
    """One leg as the leaf's digest takes it."""

    line: int
    owner: str
    purse: str
    unit: str
    account_version: int
    expires_on: date
    amount: int
    balance_after: int


class Line(msgspec.Struct, frozen=True):
    """A journal line as stored. JSON columns come as their text, which is committed to letter by letter."""

    programme: str
    id: str
    kind: str
    principal: str
    recorded_at: str
    effective_on: date
    happened_on: date | None
    entry_count: int
    about: str
    refusal: str | None
    trace: str | None
    counts: str | None
    facts: str | None
    batch: str | None
    entries: tuple[SealedEntry, ...] = ()


SealedLine = Line | AuditLine

_canonical = msgspec.json.Encoder(order="sorted")


def private_parts(line: SealedLine) -> dict[str, str]:
    """What may name or describe a person: the texts that are committed to, and can be erased with their salt."""
    if isinstance(line, AuditLine):
        return audit_private_parts(line)
    note = msgspec.json.decode(line.about).get("note")
    parts = {"note": note, "refusal": line.refusal, "trace": line.trace, "facts": line.facts}
    return {name: text for name, text in parts.items() if text is not None}


def commit(salt: bytes, text: str) -> str:
    """Without the salt, which has a fixed length, nobody can find out by trying what the text was."""
    assert len(salt) == SALT_BYTES
    return hashlib.sha256(salt + text.encode()).hexdigest()


def commitments_of(line: SealedLine, salts: Mapping[str, str]) -> dict[str, str]:
    """By the salts in hex; for a part that was erased, its commitment is kept in the place of the salt."""
    parts = private_parts(line)
    return {
        name: kept if len(kept) == COMMITMENT_DIGITS else commit(bytes.fromhex(kept), parts.get(name, ""))
        for name, kept in salts.items()
    }


def leaf_of(line: SealedLine, commitments: dict[str, str]) -> bytes:
    """The bytes that are hashed into the tree."""
    if isinstance(line, AuditLine):
        return audit_leaf_of(line, commitments)
    about = msgspec.json.decode(line.about)
    about.pop("note", None)
    refusal = None if line.refusal is None else msgspec.json.decode(line.refusal)["reason"]
    return _canonical.encode({
        "v": FORMAT,
        "programme": line.programme,
        "id": line.id,
        "kind": line.kind,
        "principal": line.principal,
        "recorded_at": line.recorded_at,
        "effective_on": line.effective_on,
        "happened_on": line.happened_on,
        "entry_count": line.entry_count,
        "entries": hashlib.sha256(_canonical.encode(line.entries)).hexdigest(),
        "about": about,
        "refusal": refusal,
        "counts": None if line.counts is None else msgspec.json.decode(line.counts),
        "batch": line.batch,
        "private": commitments,
    })  # fmt: skip
