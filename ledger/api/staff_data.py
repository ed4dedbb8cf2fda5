"""The data of somebody who works here: handed out whole, and forgotten."""

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from ledger.actions.forget_staff import forget_staff, read_staff
from ledger.actions.manage_staff import load_staff
from ledger.api.staff import StaffView, administrator, view_of
from ledger.core.refusal import Reason, Refused
from ledger.db.staff import Staff, StaffKept, find_staff
from ledger.hall.answer import answer
from ledger.hall.call import Call


class StaffExport(msgspec.Struct, frozen=True):
    """Everything that is kept about somebody who works here, but for the password's hash.

    What was done under the id `person` stands in the journal and in the audit log.
    """

    person: str
    user_name: str
    name: str | None
    node: str
    is_blocked: bool
    added_by: str
    kept: StaffKept


@get("/v1/session/export")
async def own_export(call: NamedDependency[Call]) -> Response[StaffExport]:
    """For whoever works here and has signed in: everything that is kept about oneself."""
    session = await call.desk.session(call.token or "")
    async with call.desk.connection() as connection:
        staff = None if session is None or session.staff is None else await find_staff(connection, id=session.staff)
        if staff is None:
            raise Refused(Reason.NO_SESSION)
        return answer(_export(staff, await read_staff(connection, staff)))


@get("/v1/people/{person:str}/export")
async def export_person(person: FromPath[str], call: NamedDependency[Call]) -> Response[StaffExport]:
    """For the administrator who must answer for it; of somebody who was forgotten, only that."""
    async with call.desk.connection() as connection:
        staff = await load_staff(connection, administrator(call), person)
        return answer(_export(staff, await read_staff(connection, staff)))


@post("/v1/people/{person:str}/erase", status_code=200)
async def erase_person(person: FromPath[str], call: NamedDependency[Call]) -> Response[StaffView]:
    """Forgets somebody for ever: user name, name, password, sessions, declarations, reasons given; all roles end.

    What was done stays under an id that says nothing; the user name is free again. Asked again, the same answer.
    """
    async with call.desk.connection() as connection:
        staff, is_new = await forget_staff(connection, administrator(call), person)
    return answer(view_of(staff, call), is_replayed=not is_new)


def _export(staff: Staff, kept: StaffKept) -> StaffExport:
    return StaffExport(staff.id, staff.user_name, staff.name, staff.node, staff.is_blocked, staff.added_by, kept)
