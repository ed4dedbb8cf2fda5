"""Evidence of activities: files that show what was done, sent once, seen by those who may."""

import asyncio
from datetime import datetime

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody
from litestar.response import Response

from ledger.actions.attach_evidence import attach_evidence
from ledger.actions.clean_file import FILE_BYTES_MAX, clean_file
from ledger.core.refusal import Reason, Refused
from ledger.db.activities import find_activity
from ledger.db.evidence import Evidence, list_evidence
from ledger.hall.access import Role
from ledger.hall.answer import answer
from ledger.hall.call import Call
from ledger.hall.decode import FILES, TAKES

_P = "/v1/programmes/{programme:str}"
_SEE_PLACES = frozenset({Role.ADMIN, Role.OPERATOR, Role.REVIEWER})
_SUFFIXES = {"image/jpeg": "jpg", "application/pdf": "pdf"}
# What is served is data and no page, whatever a browser would like to make of it.
_SAFELY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
}


class EvidenceView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file. Where and when a picture was taken is told to those who review, and stands in no file.

    `warnings`: `alike` (nearly the same picture was sent before), `taken_on_another_day`.
    """

    evidence: str
    activity: str
    sha256: str
    media_type: str
    bytes: int
    sent_at: datetime
    width: int | None = None
    height: int | None = None
    taken_at: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    warnings: tuple[str, ...] = ()


class EvidenceList(msgspec.Struct, frozen=True):
    """All files of an activity, at most eight."""

    evidence: tuple[EvidenceView, ...]


@post(f"{_P}/activities/{{activity:str}}/evidence", request_max_body_size=FILE_BYTES_MAX, opt={TAKES: FILES})
async def attach(activity: FromPath[str], body: RawBody, call: NamedDependency[Call]) -> Response[EvidenceView]:
    """A JPEG, PNG, WebP or PDF of at most 8 MiB; the same file again is answered as before."""
    await _require_own(call, activity)
    async with call.desk.cleaning_files:
        clean = await asyncio.to_thread(clean_file, body)
    async with call.desk.connection() as connection:
        attached = await attach_evidence(
            connection, call.programme, activity, clean, call.desk.files, principal=call.principal
        )
    return answer(_view(attached.evidence, call), status=201, is_replayed=not attached.is_new)


@get(f"{_P}/activities/{{activity:str}}/evidence")
async def evidence(activity: FromPath[str], call: NamedDependency[Call]) -> Response[EvidenceList]:
    """What is attached to an activity."""
    return answer(EvidenceList(tuple(_view(one, call) for one in await _load(call, activity))))


@get(f"{_P}/activities/{{activity:str}}/evidence/{{evidence:str}}")
async def download(activity: FromPath[str], evidence: FromPath[str], call: NamedDependency[Call]) -> Response[bytes]:
    """The file, to be saved: a picture without marks of place and time."""
    found = next((one for one in await _load(call, activity) if one.id == evidence), None)
    content = None if found is None else await asyncio.to_thread(call.desk.files.read, found.sha256)
    if found is None or content is None:
        raise Refused(Reason.NOT_FOUND, evidence=evidence)
    name = f"{found.id}.{_SUFFIXES[found.media_type]}"
    headers = {**_SAFELY, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=found.media_type, headers=headers)


async def _load(call: Call, activity: str) -> list[Evidence]:
    await _require_own(call, activity)
    async with call.desk.reading(call.programme) as connection:
        return await list_evidence(connection, call.programme, activity)


async def _require_own(call: Call, activity: str) -> None:
    async with call.desk.reading(call.programme) as connection:
        found = await find_activity(connection, call.programme, activity)
    if found is None:
        raise Refused(Reason.NOT_FOUND, activity=activity)
    await call.require_own(found.recipient, activity=activity)


def _view(one: Evidence, call: Call) -> EvidenceView:
    assert call.caller is not None, "nobody's evidence is public"
    places = call.caller.role in _SEE_PLACES
    return EvidenceView(
        evidence=one.id,
        activity=one.activity,
        sha256=one.sha256,
        media_type=one.media_type,
        bytes=one.bytes,
        sent_at=one.sent_at,
        width=one.width,
        height=one.height,
        taken_at=one.taken_at if places else None,
        latitude=one.latitude if places else None,
        longitude=one.longitude if places else None,
        warnings=one.warnings if places else (),
    )
