"""Shops of the alliance: their enrolment in a programme, and the person to speak to."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.enrol_merchant import (
    apply_merchant,
    change_contact,
    forget_contact,
    move_merchant,
    require_enrolled,
)
from ledger.core.title import READABLE, Note, Text
from ledger.db.merchants import Contact, Enrolled, Step, find_contact, list_steps
from ledger.hall.answer import answer
from ledger.hall.call import Call
from ledger.hall.sight import Fact, sees

_M = "/v1/programmes/{programme:str}/merchants/{merchant:str}"

Phone = Annotated[str, msgspec.Meta(min_length=3, max_length=40, pattern=READABLE)]


class NewContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The person to speak to at a shop."""

    name: Text
    phone: Phone | None = None

    def kept(self) -> Contact:
        return Contact(self.name, self.phone)


class Application(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shop that was opened before applies to be enrolled."""

    contact: NewContact


class ContactChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody else, or nobody: then the person is forgotten."""

    contact: NewContact | None


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is decided so."""

    note: Note | None = None


class Enrolment(msgspec.Struct, frozen=True):
    """`applied`, `active`, `suspended` or `ended`, the way to it, and the contact for those who may see one."""

    merchant: str
    state: str
    applied_by: str
    applied_at: datetime
    steps: tuple[Step, ...]
    contact: Contact | None


@post(f"{_M}/enrolment")
async def apply(
    merchant: FromPath[str], data: JSONBody[Application], call: NamedDependency[Call]
) -> Response[Enrolment]:
    """Asked again, the application as it stands. It takes no points before an administrator has approved it."""
    async with call.desk.connection() as connection:
        contact = data.contact.kept()
        enrolled = await apply_merchant(connection, call.programme, merchant, contact, by=call.principal)
    return await _show(call, enrolled, status=201)


@get(f"{_M}/enrolment")
async def enrolment(merchant: FromPath[str], call: NamedDependency[Call]) -> Response[Enrolment]:
    """The state a shop is in and how it came to it, the latest step first."""
    async with call.desk.reading(call.programme) as connection:
        enrolled = await require_enrolled(connection, call.programme, merchant)
    return await _show(call, enrolled)


@post(f"{_M}/contact", status_code=200)
async def contact(
    merchant: FromPath[str], data: JSONBody[ContactChange], call: NamedDependency[Call]
) -> Response[Enrolment]:
    """Somebody else is to be spoken to; without one, the person is forgotten."""
    async with call.desk.connection() as connection:
        kept = None if data.contact is None else data.contact.kept()
        enrolled = await change_contact(connection, call.programme, merchant, kept)
    return await _show(call, enrolled)


@post(f"{_M}/contact/erase", status_code=200)
async def erase_contact(merchant: FromPath[str], call: NamedDependency[Call]) -> Response[Enrolment]:
    """Forgets the person and the words written about it for ever; the shop, its points and its statements stay."""
    async with call.desk.connection() as connection:
        enrolled, is_new = await forget_contact(connection, call.programme, merchant)
    return await _show(call, enrolled, is_replayed=not is_new)


@post(f"{_M}/approve", status_code=200)
async def approve(merchant: FromPath[str], data: JSONBody[Why], call: NamedDependency[Call]) -> Response[Enrolment]:
    """The shop may take points from now on; refused to whoever applied for it."""
    return await _move(call, merchant, "approve", data.note)


@post(f"{_M}/suspend", status_code=200)
async def suspend(merchant: FromPath[str], data: JSONBody[Why], call: NamedDependency[Call]) -> Response[Enrolment]:
    """It takes no points from now on; what it may claim is settled as before."""
    return await _move(call, merchant, "suspend", data.note)


@post(f"{_M}/resume", status_code=200)
async def resume(merchant: FromPath[str], data: JSONBody[Why], call: NamedDependency[Call]) -> Response[Enrolment]:
    """It takes points again."""
    return await _move(call, merchant, "resume", data.note)


@post(f"{_M}/end", status_code=200)
async def end(merchant: FromPath[str], data: JSONBody[Why], call: NamedDependency[Call]) -> Response[Enrolment]:
    """It has left the alliance."""
    return await _move(call, merchant, "end", data.note)


async def _move(call: Call, merchant: str, verb: str, note: str | None) -> Response[Enrolment]:
    async with call.desk.connection() as connection:
        enrolled = await move_merchant(connection, call.programme, merchant, verb, by=call.principal, note=note)
    call.desk.shelf.forget(call.programme)
    return await _show(call, enrolled)


async def _show(call: Call, enrolled: Enrolled, *, status: int = 200, is_replayed: bool = False) -> Response[Enrolment]:
    async with call.desk.reading(call.programme) as connection:
        steps = await list_steps(connection, call.programme, enrolled.merchant)
        person = await find_contact(connection, call.programme, enrolled.merchant)
    seen = None if person is None or not sees(call, Fact.CONTACT) else person
    view = Enrolment(enrolled.merchant, enrolled.state, enrolled.applied_by, enrolled.applied_at, steps, seen)
    return answer(view, status=status, is_replayed=is_replayed)
