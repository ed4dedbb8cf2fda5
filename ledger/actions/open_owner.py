"""Open an account holder: once, however often it is asked for."""

from collections.abc import Iterable, Mapping

import asyncpg
import msgspec

from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db import owners
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, find_owner, find_owner_by_reference, open_owners, read_owners

_traits_decoder = msgspec.json.Decoder(Mapping[str, str | int | bool])


class Opened(msgspec.Struct, frozen=True):
    """Who was opened; `is_new` is false when the very same already was."""

    owner: Owner
    is_new: bool


async def open_owner(connection: asyncpg.Connection, programme: str, owner: Owner) -> Opened:
    """Refuses in this order: a household that is not there, a reference or id that stands for somebody else."""
    async with connection.transaction():
        await show_programmes(connection, [programme])
        await _require_household(connection, programme, owner)
        before = await _find_same(connection, programme, owner)
        if before is None:
            try:
                async with connection.transaction():
                    await open_owners(connection, programme, [owner])
                return Opened(owner, is_new=True)
            except asyncpg.UniqueViolationError:
                # A twin was faster; it is visible now.
                before = await _find_same(connection, programme, owner)
        assert before is not None, "what violates a unique constraint is there"
        if msgspec.structs.replace(before, id=owner.id) != owner:
            raise Refused(Reason.REFERENCE_TAKEN, reference=owner.reference, owner=before.id)
        return Opened(before, is_new=False)


async def load_owner(connection: asyncpg.Connection, programme: str, id: str, kind: str) -> Owner:
    """Refuses `not_found` also for an id of another kind."""
    row = await find_owner(connection, programme, id)
    if row is None or row["kind"] != kind:
        raise Refused(Reason.NOT_FOUND, owner=id)
    return _owner_of(row)


async def load_holder(connection: asyncpg.Connection, programme: str, id: str) -> Owner:
    """A household or a member."""
    row = await find_owner(connection, programme, id)
    if row is None or row["kind"] not in ("household", "member"):
        raise Refused(Reason.NOT_FOUND, owner=id)
    return _owner_of(row)


async def read_register(connection: asyncpg.Connection, programme: str, ids: Iterable[str]) -> dict[str, Owner]:
    """These owners as far as they are there, and the households of the members among them."""
    found = {row["id"]: _owner_of(row) for row in await read_owners(connection, programme, list(set(ids)))}
    homes = {owner.household for owner in found.values() if owner.household is not None} - found.keys()
    for row in await read_owners(connection, programme, list(homes)) if homes else ():
        found[row["id"]] = _owner_of(row)
    return found


async def read_by_reference(
    connection: asyncpg.Connection, programme: str, kind: str, references: Iterable[str | None]
) -> dict[str, Owner]:
    """Of these numbers of the village those that stand for somebody, a whole file's at once."""
    wanted = sorted({reference for reference in references if reference is not None})
    rows = await owners.read_by_reference(connection, programme, kind, wanted) if wanted else ()
    return {row["reference"]: _owner_of(row) for row in rows}


def require_name(name: str | None, phone: str | None) -> None:
    """For decoders: a number of nobody helps nobody."""
    if phone is not None and name is None:
        raise ValueError("有电话须有姓名 / a phone needs a name")


def require_listed(scheme: Scheme, owner: Owner) -> None:
    """An area, class, cohort or trade that the programme's own lists do not have is refused with the list."""
    told = {"area": owner.area, **owner.traits}
    for name, field in (("area", "areas"), ("class", "classes"), ("cohort", "cohorts"), ("category", "trades")):
        choice, choices = told.get(name), scheme.policy.choices(field)
        if choice is not None and choices and choice not in choices:
            raise Refused(Reason.UNKNOWN_CHOICE, fact=name, choice=choice, choices=list(choices))


async def _find_same(connection: asyncpg.Connection, programme: str, owner: Owner) -> Owner | None:
    id = owner.id
    if owner.reference is not None:
        id = await find_owner_by_reference(connection, programme, owner.kind, owner.reference) or id
    row = await find_owner(connection, programme, id)
    return None if row is None else _owner_of(row)


async def _require_household(connection: asyncpg.Connection, programme: str, owner: Owner) -> None:
    if owner.household is not None:
        await load_owner(connection, programme, owner.household, "household")


def _owner_of(row: asyncpg.Record) -> Owner:
    return Owner(
        id=row["id"],
        kind=row["kind"],
        reference=row["reference"],
        household=row["household"],
        area=row["area"],
        traits=_traits_decoder.decode(row["traits"]),
        name=row["name"],
        phone=row["phone"],
    )
