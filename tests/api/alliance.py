"""The small village with terms for its alliance: rates and commission that change ten days from now."""

from datetime import date, timedelta
from typing import Any

import msgspec

from ledger.actions.publish import publish_programme
from ledger.core.alliance import Alliance, Commission
from ledger.core.command import Command, Request
from ledger.core.period import Span
from ledger.core.rate import Rate
from ledger.core.transaction import Receipt
from ledger.db.schemes import SchemeShelf
from ledger.posting import post
from tests.api.client import Office
from tests.village import TODAY, Village, programme_of

CHANGE = TODAY + timedelta(days=10)
TERMS = Alliance(
    cycle=Span.DAY,
    hold_days=3,
    refund_days=30,
    code_seconds=60,
    commissions=(Commission(date(2026, 1, 1), "1/30"), Commission(CHANGE, "1/7")),
)
RATES = (Rate(date(2026, 1, 1), 3, 100), Rate(CHANGE, 1, 50))


async def set_terms(village: Village, terms: Alliance = TERMS, **more: Any) -> None:
    policy = msgspec.structs.replace(programme_of(village.slug), **{"alliance": terms, "rates": RATES, **more})
    await publish_programme(village.connection, policy, node="nod_1", by="system:test")


async def done(village: Village, key: str, command: Command, *, on: date | None = None) -> Receipt:
    """Posted, on an earlier day if one is named."""
    async with village.connection.transaction():
        request = Request(village.slug, "system:test", key, command, effective_on=on)
        [outcome] = await post(village.connection, [request], village.shelf)
    assert outcome.receipt is not None, outcome.refusal
    return outcome.receipt


async def pass_days(office: Office, days: int) -> None:
    """For the ledger; a process learns of it when it locks."""
    await office.village.let_days_pass(days)
    office.village.shelf = SchemeShelf()
