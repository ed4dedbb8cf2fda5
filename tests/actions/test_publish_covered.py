"""Campaigns are promises: what they may add counts before they are published."""

from datetime import timedelta

import msgspec
import pytest

from ledger.actions.publish import Published
from ledger.actions.publish_covered import publish_covered, sign_publication
from ledger.core.campaign import Campaign
from ledger.core.cap import Cap, Subject
from ledger.core.cover import CoverPolicy
from ledger.core.period import Span
from ledger.core.rulebook import Rulebook
from ledger.db.asked_publications import AskedPublication
from tests.api.alliance import done, set_terms
from tests.village import BOTH, RULEBOOK, TODAY, Village, gift, receive


def with_campaign(times: int | None, *caps: Cap) -> Rulebook:
    """Ten days from today in which `plenty` brings more, or in which a rule of its own holds."""
    campaign = Campaign(
        id="week", title=BOTH, from_=TODAY, until=TODAY + timedelta(days=9), times=times,
        rules=("plenty",) if times else (),
    )  # fmt: skip
    rules = RULEBOOK.rules
    if times is None:
        own = msgspec.structs.replace(rules[1], id="own", campaign="week", caps=caps)
        rules = (*rules, own)
    return msgspec.structs.replace(RULEBOOK, rulebook="2026-11", from_=TODAY, rules=rules, campaigns=(campaign,))


WHOLE = Cap(per=Span.CAMPAIGN, points=10, of=Subject.PROGRAMME)


@pytest.mark.parametrize(
    ("rulebook", "promised", "is_published"),
    [
        (with_campaign(2), 100, False),
        (with_campaign(1), 0, True),
        (with_campaign(None, WHOLE), 10, True),
        (with_campaign(None), 10**12, False),
    ],
    ids=["doubles", "changes nothing", "bounded", "unbounded"],
)
async def test_a_campaign_that_promises_too_much_needs_a_second_signature(
    village: Village, rulebook: Rulebook, promised: int, is_published: bool
) -> None:
    await set_terms(village, cover=CoverPolicy("1/2"))
    await done(village, "earned", gift(), on=TODAY - timedelta(days=3))
    await done(village, "long ago", gift("hh_2"), on=TODAY - timedelta(days=30))
    await done(village, "goods", receive(24, item="soap"))
    connection = village.connection
    answered = await publish_covered(connection, village.slug, rulebook, village.shelf, by="system:test")
    assert isinstance(answered, Published) == is_published
    if isinstance(answered, AskedPublication):
        assert answered.numbers["promised"] == promised
        signed = await sign_publication(connection, village.slug, answered.id, by="admin:other")
        assert (signed.state, signed.version) == ("published", "2026-11")
    again = await publish_covered(connection, village.slug, rulebook, village.shelf, by="system:test")
    assert isinstance(again, Published) and not again.is_new
