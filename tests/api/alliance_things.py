"""What routes of the alliance are about: for two shops an offer, a code and a statement each."""

from datetime import date

import msgspec

from ledger.core.command import Line
from ledger.core.item import OfferKind
from ledger.core.settlement import Rests
from ledger.db.asked_publications import insert_asked
from ledger.db.journal import show_programmes
from ledger.db.merchants import enrol_missing
from ledger.db.settlements import Drawn, insert_settlement
from ledger.db.shop_codes import insert_code
from ledger.db.shop_offers import Proposal, insert_proposal
from tests.village import BOTH, CATALOGUE, Village

SHOPS = {"barber": "mer_barber", "tea": "mer_tea"}
LATER = date(2099, 1, 1)


async def fill_alliance(village: Village) -> dict[str, str]:
    """By kind and whose it is: the barber's is everybody's own, the tea house's somebody else's."""
    connection, slug = village.connection, village.slug
    async with connection.transaction():
        await show_programmes(connection, [slug])
        await enrol_missing(connection, slug, list(SHOPS.values()), "active", by="system:test")
        for name, shop in SHOPS.items():
            offer = Proposal(f"off_{name:0>18}", shop, "cut", BOTH, OfferKind.SERVICE, 5, LATER, "system:test")
            await insert_proposal(connection, slug, offer)
            await insert_code(
                connection,
                slug,
                f"code{name}",
                f"cod_{name}",
                shop,
                (Line("haircut"),),
                by="system:test",
                seconds=9_999,
            )
            new = Drawn(f"stl_{name:0>18}", shop, "points", 1, 1, 0, LATER, 0, 0, 0, Rests(), None, "system:test")
            await insert_settlement(connection, slug, new, [], 0)
        body = msgspec.json.encode(CATALOGUE).decode()
        await insert_asked(connection, slug, "pub_1", "catalogue", "d", body, {}, by="system:test")
    things = {}
    for whose, name in (("resident", "barber"), ("merchant", "barber"), ("cashier", "barber"), ("other", "tea")):
        things |= {
            f"offer {whose}": f"off_{name:0>18}",
            f"code {whose}": f"code{name}",
            f"settlement {whose}": f"stl_{name:0>18}",
        }
    return things
