"""Adds to a sale the class of the household that pays, where the programme's gift points depend on it."""

import asyncpg
import msgspec

from ledger.actions.open_owner import load_any_owner
from ledger.core.command import Redeem
from ledger.core.scheme import Scheme


def looks_at_class(scheme: Scheme) -> bool:
    """Whether the programme has ratios by class at all; most have not, and then nobody is looked up."""
    gift = scheme.policy.spending.gift
    return gift is not None and bool(gift.by_class)


async def filled_sale(connection: asyncpg.Connection, programme: str, sent: Redeem) -> Redeem:
    """A payer who is not there is left for posting to refuse, so that the refusal stands in the journal."""
    return msgspec.structs.replace(sent, household_class=await household_class(connection, programme, sent.owner))


async def household_class(connection: asyncpg.Connection, programme: str, owner: str) -> str | None:
    """Of a household, or of the household that a member belongs to."""
    found = await load_any_owner(connection, programme, owner)
    if found is not None and found.household is not None:
        found = await load_any_owner(connection, programme, found.household)
    told = None if found is None or found.kind != "household" else found.traits.get("class")
    return None if told is None else str(told)
