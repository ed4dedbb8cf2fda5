"""Sheets of cards to cut out: the one place where a card's code is seen, and only while the card is pending."""

from typing import Annotated, Any

import msgspec
from litestar import post
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Response

from ledger.actions.issue_card import print_cards
from ledger.actions.open_owner import read_register
from ledger.core.card import CardId, Carrier, grouped_code
from ledger.hall.call import Call
from ledger.hall.html import Html
from ledger.web.sheet import Lang, Paper, show

Ids = Annotated[tuple[CardId, ...], msgspec.Meta(min_length=1, max_length=200)]


class CardSheet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pending cards; each once."""

    cards: Ids

    def __post_init__(self) -> None:
        if len(set(self.cards)) < len(self.cards):
            raise ValueError("a card stands on a sheet once")


class CardFace(msgspec.Struct, frozen=True):
    """What is printed on one card."""

    card: str
    code: str
    grouped: str
    is_barcode: bool
    number: str | None
    name: str | None
    is_helper: bool


@post("/v1/programmes/{programme:str}/card-sheets", status_code=200)
async def card_sheet(
    data: JSONBody[CardSheet], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """An A4 sheet of cards with fresh codes; sheets printed of these cards before are void."""
    async with call.desk.connection() as connection:
        printed = await print_cards(connection, call.programme, data.cards)
    shown = {one.card.member or one.card.owner for one in printed}
    async with call.desk.reading(call.programme) as connection:
        people = await read_register(connection, call.programme, shown)
        scheme = await call.desk.shelf.current(connection, call.programme)
    faces = []
    for one in printed:
        who = people.get(one.card.member or one.card.owner)
        faces.append(
            CardFace(
                card=one.card.id,
                code=one.code,
                grouped=grouped_code(one.code),
                is_barcode=one.card.carrier is Carrier.BARCODE,
                number=one.card.number,
                name=None if who is None else who.masked_name,
                is_helper=one.card.helper is not None,
            )
        )
    return show(request, "cards.html", paper=Paper.A4, programme=scheme.policy.title, faces=faces)
