"""Adds to a sale the class of the household that pays, where the programme's gift points depend on it."""

from collections.abc import Mapping
from typing import TypeVar

import asyncpg
import msgspec

from ledger.actions.open_owner import read_register
from ledger.core.command import Hold, Redeem
from ledger.core.scheme import Scheme
from ledger.db.owners import Owner

Sale = TypeVar("Sale", bound=Redeem | Hold)


def looks_at_class(scheme: Scheme) -> bool:
    """Whether the programme has ratios by class at all; most have not, and then nobody is looked up."""
    gift = scheme.policy.spending.gift
    return gift is not None and bool(gift.by_class)


async def filled_sale(connection: asyncpg.Connection, programme: str, sent: Sale) -> Sale:
    """With what the register says now."""
    return fill_sale(sent, await read_register(connection, programme, [sent.owner]))


def fill_sale(sent: Sale, register: Mapping[str, Owner]) -> Sale:
    """A payer who is not there is left for posting to refuse, so that the refusal stands in the journal."""
    return msgspec.structs.replace(sent, household_class=_class_of(sent.owner, register))


async def household_class(connection: asyncpg.Connection, programme: str, owner: str) -> str | None:
    """Of a household, or of the household that a member belongs to."""
    return _class_of(owner, await read_register(connection, programme, [owner]))


def _class_of(owner: str, register: Mapping[str, Owner]) -> str | None:
    found = register.get(owner)
    if found is not None and found.household is not None:
        found = register.get(found.household)
    told = None if found is None or found.kind != "household" else found.traits.get("class")
    return None if told is None else str(told)
