"""What is published: written once, read into immutable schemes that a process keeps by revision."""

import contextlib
from datetime import UTC, date, datetime, timedelta

import asyncpg
import msgspec

from ledger.core.alliance import ApprovedOffer
from ledger.core.compiled import Compiled, compile_rulebook
from ledger.core.item import Catalogue, Item, OfferKind
from ledger.core.period import business_day
from ledger.core.price_history import Goods
from ledger.core.programme import Programme
from ledger.core.refusal import Reason, Refused
from ledger.core.rulebook import Rulebook
from ledger.core.scheme import Scheme, make_scheme
from ledger.core.title import Title
from ledger.db.journal import show_programmes
from ledger.db.statements import load_statements

_SQL = load_statements("schemes")
_KEPT_MAX = 1_000

_programme_decoder = msgspec.json.Decoder(Programme)
_catalogue_decoder = msgspec.json.Decoder(Catalogue)
_rulebook_decoder = msgspec.json.Decoder(Rulebook)


class _Named(msgspec.Struct, frozen=True):
    """The goods of a catalogue."""

    items: tuple[Item, ...]


_goods_decoder = msgspec.json.Decoder(_Named)


class Publication(msgspec.Struct, frozen=True):
    """A document to be published: its canonical JSON, named by digest."""

    programme: str
    kind: str
    digest: str
    version: str | None
    effective_from: date
    body: str
    published_by: str


class SchemeShelf:
    """The schemes this process has read; equal rulebooks of many programmes are compiled once."""

    def __init__(self) -> None:
        self._schemes: dict[str, Scheme] = {}
        self._compiled: dict[tuple[str, str], Compiled] = {}
        self._priced: dict[tuple[str, datetime], tuple[Item, ...]] = {}
        self._ahead = timedelta(0)

    async def scheme(self, connection: asyncpg.Connection, programme: str) -> Scheme:
        """As last read; posting compares its revision under the lock. Refuses `not_found`."""
        kept = self._schemes.get(programme)
        if kept is None:
            kept = await self._load(connection, programme)
            if len(self._schemes) >= _KEPT_MAX:
                self._schemes.pop(next(iter(self._schemes)))
            self._schemes[programme] = kept
        return kept

    async def current(self, connection: asyncpg.Connection, programme: str) -> Scheme:
        """For reading, where no lock compares revisions: what another process has published since counts too."""
        kept = await self.scheme(connection, programme)
        if kept.revision == await connection.fetchval(_SQL["read_revision"], programme):
            return kept
        self.forget(programme)
        return await self.scheme(connection, programme)

    def kept(self, programme: str) -> Scheme | None:
        """As last read, without asking the database; None if it was never read."""
        return self._schemes.get(programme)

    def now(self) -> datetime:
        """The database's clock as far as this process knows it; the lock call corrects it when a day differs."""
        return datetime.now(UTC) + self._ahead

    def set_clock(self, now: datetime) -> None:
        """Remembers how far the database's clock is from ours."""
        self._ahead = now - datetime.now(UTC)

    def forget(self, programme: str) -> None:
        """To be called when a publication is known to have happened."""
        self._schemes.pop(programme, None)

    async def _load(self, connection: asyncpg.Connection, programme: str) -> Scheme:
        # A lane has begun its transaction by a statement of its own, in which the driver's cannot begin.
        async with contextlib.nullcontext() if connection.is_in_transaction() else connection.transaction():
            await show_programmes(connection, [programme])
            revision = await connection.fetchval(_SQL["read_revision"], programme)
            rows = await connection.fetch(_SQL["load_publications"], programme)
            shops = {row["merchant"]: row["state"] for row in await connection.fetch(_SQL["load_merchants"], programme)}
            approved = await connection.fetch(_SQL["load_approved_offers"], programme)
        policies = [row for row in rows if row["kind"] == "programme"]
        if revision is None or not policies:
            raise Refused(Reason.NOT_FOUND, programme=programme)
        policy = _programme_decoder.decode(policies[-1]["body"])
        catalogues = [row["body"] for row in rows if row["kind"] == "catalogue"]
        rulebooks = tuple(
            self._compile(row["digest"], row["body"], policies[-1]["digest"], policy)
            for row in rows
            if row["kind"] == "rulebook"
        )
        catalogue = _catalogue_decoder.decode(catalogues[-1]) if catalogues else None
        goods = [self._goods(row, policy.time_zone) for row in rows if row["kind"] == "catalogue"]
        offers = [_offer(row) for row in approved]
        return make_scheme(programme, revision, policy, rulebooks, catalogue, shops, offers, goods)

    def _goods(self, row: asyncpg.Record, time_zone: str) -> Goods:
        """Of a catalogue that stands for ever only what it says of goods, decoded once."""
        key = (row["digest"], row["published_at"])
        if key not in self._priced:
            if len(self._priced) >= _KEPT_MAX:
                self._priced.clear()
            self._priced[key] = _goods_decoder.decode(row["body"]).items
        return Goods(business_day(row["published_at"], time_zone), self._priced[key])

    def _compile(self, digest: str, body: str, policy_digest: str, policy: Programme) -> Compiled:
        key = (digest, policy_digest)
        if key not in self._compiled:
            if len(self._compiled) >= _KEPT_MAX:
                self._compiled.clear()
            self._compiled[key] = compile_rulebook(_rulebook_decoder.decode(body), policy)
        return self._compiled[key]


async def insert_programme(connection: asyncpg.Connection, programme: str, node: str) -> None:
    """The tenant itself; does nothing if it is there."""
    await connection.execute(_SQL["insert_programme"], programme, node)


async def lock_programme(connection: asyncpg.Connection, programme: str) -> None:
    """One publication at a time."""
    await connection.execute(_SQL["lock_programme"], programme)


async def raise_revision(connection: asyncpg.Connection, programme: str) -> int:
    """Whatever posting goes by has changed: no batch is locked by the old scheme once this is committed."""
    revision: int = await connection.fetchval(_SQL["raise_revision"], programme)
    return revision


async def insert_publication(connection: asyncpg.Connection, publication: Publication) -> None:
    """Raises the revision, so that posting sees the change; without a version of its own it is named by that."""
    revision = await raise_revision(connection, publication.programme)
    await connection.execute(
        _SQL["insert_publication"],
        publication.programme,
        publication.kind,
        publication.digest,
        publication.version or str(revision),
        publication.effective_from,
        revision,
        publication.body,
        publication.published_by,
    )


async def find_published(
    connection: asyncpg.Connection, programme: str, kind: str, version: str | None
) -> asyncpg.Record | None:
    """Version and digest as published under a version, or the latest of the kind."""
    return await connection.fetchrow(_SQL["find_published"], programme, kind, version)


def _offer(row: asyncpg.Record) -> ApprovedOffer:
    title = Title(row["title_zh"], row["title_en"])
    kind = OfferKind(row["kind"])
    return ApprovedOffer(row["merchant"], row["offer"], title, kind, row["points"], row["effective_from"])
