"""Programmes and what is published of them: policies, catalogues, rulebooks, prices."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody
from litestar.response import Response

from ledger.actions.publish import Published, publish_events, publish_programme
from ledger.actions.publish_covered import publish_covered
from ledger.actions.read_rules import read_catalogue, read_events, read_programme, read_rulebook
from ledger.api.cover import AskedView, asked_view
from ledger.api.document import read_sent, refused_document
from ledger.core.item import price_on
from ledger.core.period import business_day
from ledger.core.programme import Programme
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.title import Title
from ledger.db import publications
from ledger.db.asked_publications import AskedPublication
from ledger.db.nodes import list_programmes_below
from ledger.hall.answer import answer
from ledger.hall.call import Call, Limit
from ledger.hall.fault import Spot

_V1 = "/v1/programmes"
_P = f"{_V1}/{{programme:str}}"
_FIRST_PAGE = ""


class ProgrammeList(msgspec.Struct, frozen=True):
    """Slugs in alphabetical order; `next_cursor` asks for those after these."""

    programmes: tuple[str, ...]
    next_cursor: str | None


class ProgrammeView(msgspec.Struct, frozen=True):
    """The policies in force; `revision` rises with everything that is published."""

    programme: str
    revision: int
    policy: Programme


class PublicationList(msgspec.Struct, frozen=True):
    """In the order of publication; `next_cursor` asks for what came later."""

    publications: tuple[publications.PublishedVersion, ...]
    next_cursor: int | None


class PublicationView(msgspec.Struct, frozen=True):
    """One document with its canonical JSON, of which the digest is taken."""

    publication: publications.PublishedVersion
    document: msgspec.Raw


class ItemPrice(msgspec.Struct, frozen=True):
    """What one piece costs today; `cash` in fen."""

    item: str
    title: Title
    category: str
    points: int
    cash: int
    label: int


class PriceList(msgspec.Struct, frozen=True):
    """Of one day, by item; `next_cursor` asks for the items after these."""

    programme: str
    on: date
    prices: tuple[ItemPrice, ...]
    next_cursor: str | None


class OfferPrice(msgspec.Struct, frozen=True):
    """What a shop of the alliance gives for points."""

    merchant: str
    offer: str
    title: Title
    kind: str
    points: int


class OfferList(msgspec.Struct, frozen=True):
    """Of one day, by shop and offer; `next_cursor` asks for the offers after these."""

    programme: str
    on: date
    offers: tuple[OfferPrice, ...]
    next_cursor: str | None


@get(_V1)
async def programmes(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9-]{0,40}$")] = _FIRST_PAGE,
) -> Response[ProgrammeList]:
    """The programmes that the key reaches."""
    assert call.caller is not None, "the table gives this route to roles only"
    async with call.desk.connection() as connection:
        found = await list_programmes_below(
            connection, call.caller.node, only=call.caller.programme, after=cursor, limit=limit + 1
        )
    page = tuple(found[:limit])
    return answer(ProgrammeList(page, page[-1] if len(found) > limit else None))


@get(_P)
async def programme(call: NamedDependency[Call]) -> Response[ProgrammeView]:
    """One programme and its policies."""
    scheme = await call.scheme()
    return answer(ProgrammeView(scheme.slug, scheme.revision, scheme.policy))


@post(f"{_P}/policies")
async def publish_policies(
    body: RawBody,
    call: NamedDependency[Call],
    node: Annotated[str | None, QueryParameter(pattern="^nod_[0-9a-z]{1,40}$")] = None,
) -> Response[Published]:
    """programme.yaml: opens the programme below a node (the key's own if none is named), or publishes it anew."""
    assert call.caller is not None, "the table gives this route to roles only"
    document = await read_sent(call, read_programme, body)
    if document.programme != call.programme:
        words = Title(f"应为 {call.programme},与地址一致", f"should be {call.programme}, as in the address")
        raise refused_document([Spot(words, pointer="/programme")])
    where = node or call.caller.node
    if node is not None and not await call.desk.may_reach_node(call.caller, node):
        raise Refused(Reason.NOT_FOUND, node=node)
    async with call.desk.connection() as connection:
        published = await publish_programme(connection, document, node=where, by=call.principal)
    call.desk.forget_reach(call.programme)
    return _published(call, published)


@post(f"{_P}/catalogues")
async def publish_goods(body: RawBody, call: NamedDependency[Call]) -> Response[Published | AskedView]:
    """catalogue.yaml: goods, their prices, shops and their offers; holds at once. 202 where it leaves less behind the
    points than the programme demands: then it waits for a second signature.
    """
    await call.scheme()
    document = await read_sent(call, read_catalogue, body)
    async with call.desk.connection() as connection:
        done = await publish_covered(connection, call.programme, document, call.desk.shelf, by=call.principal)
    return _either(call, done)


@post(f"{_P}/events")
async def publish_event_kinds(body: RawBody, call: NamedDependency[Call]) -> Response[Published]:
    """events.yaml: the kinds of events that rules may name."""
    await call.scheme()
    document = await read_sent(call, read_events, body)
    async with call.desk.connection() as connection:
        return _published(call, await publish_events(connection, call.programme, document, by=call.principal))


@post(f"{_P}/rulebooks")
async def publish_rules(body: RawBody, call: NamedDependency[Call]) -> Response[Published | AskedView]:
    """rulebook/<version>.yaml: frozen for ever; its worked examples must come out. 202 where its campaigns promise more
    than stands behind the points: then it waits for a second signature.
    """
    policy = (await call.scheme()).policy
    async with call.desk.reading(call.programme) as connection:
        events = await publications.find_events(connection, call.programme)
    document = await read_sent(call, read_rulebook, body, policy, "rulebook.yaml", events)
    async with call.desk.connection() as connection:
        done = await publish_covered(connection, call.programme, document, call.desk.shelf, by=call.principal)
    return _either(call, done)


@get(f"{_P}/publications")
async def list_published(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[int, QueryParameter(ge=0, le=2**53 - 1)] = 0,
    kind: Annotated[str | None, QueryParameter(pattern="^[a-z]{1,20}$")] = None,
) -> Response[PublicationList]:
    """Everything that was ever published of the programme."""
    async with call.desk.reading(call.programme) as connection:
        found = await publications.list_publications(
            connection, call.programme, kind=kind, after=cursor, limit=limit + 1
        )
    page = tuple(found[:limit])
    return answer(PublicationList(page, page[-1].revision if len(found) > limit else None))


@get(f"{_P}/publications/{{kind:str}}/{{version:str}}")
async def publication(
    kind: FromPath[str], version: FromPath[str], call: NamedDependency[Call]
) -> Response[PublicationView]:
    """One version of a document."""
    async with call.desk.reading(call.programme) as connection:
        found = await publications.read_publication(connection, call.programme, kind, version)
    if found is None:
        raise Refused(Reason.NOT_FOUND, kind=kind, version=version)
    return answer(PublicationView(found[0], msgspec.Raw(found[1].encode())))


@get(f"{_P}/prices")
async def prices(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^[a-z0-9-]{0,40}$")] = _FIRST_PAGE,
) -> Response[PriceList]:
    """What goods cost today; for everybody."""
    scheme = await call.scheme()
    today = _today(call, scheme)
    found = []
    for id, item in sorted(scheme.items.items()):
        price = price_on(item.prices, today)
        if id > cursor and price is not None:
            found.append(ItemPrice(id, item.title, item.category, price.points, price.cash, price.label))
    page = tuple(found[:limit])
    return answer(PriceList(scheme.slug, today, page, page[-1].item if len(found) > limit else None))


@get(f"{_P}/offers")
async def offers(
    call: NamedDependency[Call],
    limit: Limit = 50,
    cursor: Annotated[str, QueryParameter(pattern="^(mer_[a-z0-9-]{1,40}/[a-z0-9-]{1,40})?$")] = _FIRST_PAGE,
) -> Response[OfferList]:
    """What the shops of the alliance give for points today; for everybody."""
    scheme = await call.scheme()
    today = _today(call, scheme)
    found = []
    for (shop, id), offer in sorted(scheme.offers.items()):
        price = price_on(offer.prices, today)
        if f"{shop}/{id}" > cursor and price is not None:
            found.append(OfferPrice(shop, id, offer.title, offer.kind, price.points))
    page = tuple(found[:limit])
    last = f"{page[-1].merchant}/{page[-1].offer}" if len(found) > limit else None
    return answer(OfferList(scheme.slug, today, page, last))


def _either(call: Call, done: Published | AskedPublication) -> Response[Any]:
    return _published(call, done) if isinstance(done, Published) else answer(asked_view(done), status=202)


def _published(call: Call, published: Published) -> Response[Published]:
    call.desk.shelf.forget(call.programme)
    return answer(published, status=201, is_replayed=not published.is_new)


def _today(call: Call, scheme: Scheme) -> date:
    return business_day(call.desk.shelf.now(), scheme.policy.time_zone)
