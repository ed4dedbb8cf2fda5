"""Households, members and shops: opened once, however often a caller repeats itself."""

from datetime import date
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Response

from ledger.actions.open_owner import Opened, load_owner, open_owner, require_listed, require_name
from ledger.core.title import READABLE, Phone, Slug, Text
from ledger.db.households import merged_into
from ledger.db.identity import derived_id
from ledger.db.owners import Owner
from ledger.hall.answer import answer
from ledger.hall.call import Call, OptionalIdempotencyKey
from ledger.hall.fault import Fault, Faulty
from ledger.hall.sight import Fact, see

_P = "/v1/programmes/{programme:str}"

Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=READABLE)]
HouseholdId = Annotated[str, msgspec.Meta(pattern=r"^hh_[0-9a-z-]{1,40}$(?!\n)")]
HouseholdRole = Literal[
    "head", "spouse", "child", "parent", "grandparent", "grandchild", "sibling", "relative", "tenant", "carer", "other"
]
Age = Annotated[int, msgspec.Meta(ge=0, le=150)]


class NewHousehold(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"class_": "class"}
):
    """`reference` is the village's own number for it; the rest is what rules may ask about."""

    reference: Reference | None = None
    name: Text | None = None
    phone: Phone | None = None
    area: Slug | None = None
    class_: Slug | None = None
    cohort: Slug | None = None
    moved_in_on: date | None = None

    def __post_init__(self) -> None:
        require_name(self.name, self.phone)


class NewMember(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"class_": "class"}
):
    """`resident` is false for somebody who works here and lives elsewhere, such as a delivery rider.

    `role` is what the person is in the household.
    """

    reference: Reference | None = None
    name: Text | None = None
    phone: Phone | None = None
    household: HouseholdId | None = None
    role: HouseholdRole | None = None
    area: Slug | None = None
    class_: Slug | None = None
    age: Age | None = None
    resident: bool | None = None
    moved_in_on: date | None = None

    def __post_init__(self) -> None:
        require_name(self.name, self.phone)


class NewMerchant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A shop's id is made of its reference, which is also its id in the catalogue."""

    reference: Slug
    name: Text | None = None
    area: Slug | None = None
    category: Slug | None = None


class OwnerView(msgspec.Struct, frozen=True):
    """An account holder. The name is whole only for those who work with people.

    `merged_into` names the household that took in this one.
    """

    id: str
    kind: str
    reference: str | None
    household: str | None
    area: str | None
    name: str | None
    phone: str | None
    traits: dict[str, str | int | bool]
    merged_into: str | None = None


@post(f"{_P}/households")
async def open_household(
    data: JSONBody[NewHousehold], call: NamedDependency[Call], key: OptionalIdempotencyKey = None
) -> Response[OwnerView]:
    """Opens a household with its accounts; the same reference or key again answers the same household."""
    return await _open(call, key, "household", data)


@post(f"{_P}/members")
async def open_member(
    data: JSONBody[NewMember], call: NamedDependency[Call], key: OptionalIdempotencyKey = None
) -> Response[OwnerView]:
    """Opens a person with accounts, in a household or without one."""
    return await _open(call, key, "member", data)


@post(f"{_P}/merchants")
async def open_merchant(
    data: JSONBody[NewMerchant], call: NamedDependency[Call], key: OptionalIdempotencyKey = None
) -> Response[OwnerView]:
    """Opens a shop of the alliance before it stands in the catalogue."""
    return await _open(call, key, "merchant", data)


@get(f"{_P}/households/{{household:str}}")
async def household(household: FromPath[str], call: NamedDependency[Call]) -> Response[OwnerView]:
    """One household."""
    return await _show(call, household, "household")


@get(f"{_P}/members/{{member:str}}")
async def member(member: FromPath[str], call: NamedDependency[Call]) -> Response[OwnerView]:
    """One member."""
    return await _show(call, member, "member")


@get(f"{_P}/merchants/{{merchant:str}}")
async def merchant(merchant: FromPath[str], call: NamedDependency[Call]) -> Response[OwnerView]:
    """One shop."""
    return await _show(call, merchant, "merchant")


async def _open(
    call: Call, key: str | None, kind: str, new: NewHousehold | NewMember | NewMerchant
) -> Response[OwnerView]:
    owner = _owner(call, key, kind, msgspec.to_builtins(new))
    require_listed(await call.scheme(), owner)
    async with call.desk.connection() as connection:
        opened: Opened = await open_owner(connection, call.programme, owner)
    return answer(_view(opened.owner, call), status=201, is_replayed=not opened.is_new)


def _owner(call: Call, key: str | None, kind: str, told: dict[str, str | int | bool]) -> Owner:
    reference = told.pop("reference", None)
    prefix = {"household": "hh", "member": "mbr", "merchant": "mer"}[kind]
    if kind == "merchant":
        id = f"mer_{reference}"
    elif reference is not None:
        id = derived_id(prefix, call.programme, kind, str(reference))
    elif key is not None:
        id = derived_id(prefix, call.programme, call.principal, key)
    else:
        raise Faulty(Fault.REFERENCE_MISSING)
    fields = {name: told.pop(name, None) for name in ("household", "area", "name", "phone")}
    return msgspec.convert({"id": id, "kind": kind, "reference": reference, **fields, "traits": told}, Owner)


async def _show(call: Call, id: str, kind: str) -> Response[OwnerView]:
    async with call.desk.reading(call.programme) as connection:
        shown = _view(await load_owner(connection, call.programme, id, kind), call)
        if kind == "household":
            other = await merged_into(connection, call.programme, id)
            shown = msgspec.structs.replace(shown, merged_into=other)
    return answer(shown)


def _view(owner: Owner, call: Call) -> OwnerView:
    is_shop = owner.kind == "merchant"  # whose name hangs over its door
    return OwnerView(
        id=owner.id,
        kind=owner.kind,
        reference=owner.reference,
        household=owner.household,
        area=owner.area,
        name=owner.name if is_shop else see(call, Fact.NAME, owner.name),
        phone=see(call, Fact.PHONE, owner.phone),
        traits=dict(owner.traits),
    )
