"""Signatures of what other systems send: HMAC-SHA256 over the timestamp, a full stop and the body."""

import hashlib
import hmac

from ledger.core.refusal import Reason, Refused

SECONDS_MAX = 300


def secret_of(master: bytes, programme: str, source: str, version: int) -> str:
    """Made anew whenever it is needed: whoever reads the database learns no secret."""
    name = "\0".join((programme, source, str(version))).encode()
    return f"whs_{hmac.new(master, name, hashlib.sha256).hexdigest()}"


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """As it stands in the header, after `sha256=`."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def refuse_unsigned(
    secret: str, source: str, *, timestamp: str | None, signature: str | None, body: bytes, now_seconds: float
) -> None:
    """Refuses in this order: a signature that does not fit, a time that is too far away.

    Only who can sign learns what time it is here, and the comparison takes as long whatever differs.
    """
    wanted = signature_of(secret, timestamp or "", body)
    sent = (signature or "").removeprefix("sha256=")
    if not hmac.compare_digest(wanted.encode(), sent.encode()) or not timestamp or not timestamp.isdecimal():
        raise Refused(Reason.SIGNATURE_WRONG, source=source)
    seconds = abs(int(now_seconds) - int(timestamp))
    if seconds > SECONDS_MAX:
        raise Refused(Reason.EVENT_OUT_OF_TIME, seconds=min(seconds, 10**9), limit=SECONDS_MAX)
