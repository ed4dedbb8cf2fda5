"""What a log says of one audit event: who, what and when in the clear; the reason and the address as commitments."""

import msgspec

FORMAT = 1


class AuditLine(msgspec.Struct, frozen=True):
    """An event as stored; `about` holds the ids in the path, as the text of JSON. An emptied reason is no text."""

    programme: str
    id: str
    happened_at: str
    node: str | None
    principal: str | None
    key: str | None
    address: str
    verb: str
    about: str
    status: int
    code: str | None
    answers: str | None
    reason: str | None


_canonical = msgspec.json.Encoder(order="sorted")


def audit_private_parts(line: AuditLine) -> dict[str, str]:
    """What somebody wrote, and where somebody was: blinded, but the same for the same address."""
    parts = {"address": line.address, "reason": line.reason or None}
    return {name: text for name, text in parts.items() if text is not None}


def audit_leaf_of(line: AuditLine, commitments: dict[str, str]) -> bytes:
    """The bytes that are hashed into the tree."""
    return _canonical.encode({
        "v": FORMAT,
        "programme": line.programme,
        "id": line.id,
        "happened_at": line.happened_at,
        "node": line.node,
        "principal": line.principal,
        "key": line.key,
        "verb": line.verb,
        "about": msgspec.json.decode(line.about),
        "status": line.status,
        "code": line.code,
        "answers": line.answers,
        "private": commitments,
    })  # fmt: skip
