"""The operator of the machine as an administrator: of the root of the tree, or of a node that is named."""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Callable, Coroutine

import asyncpg
import msgspec

from ledger.actions.reach import Administrator, Wanted
from ledger.actions.slow_hash import SlowHash, pepper_of
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.db.audit_events import NO_PROGRAMME, EventAnswer, NewEvent, write_events
from ledger.db.nodes import list_roots
from ledger.db.place import Place, open_administrator_url
from ledger.db.service_role import connect, prepare_database
from ledger.hall.access import Role
from ledger.hall.audited import id_or_nothing
from ledger.hall.reason_words import REASONS
from ledger.hall.words import tell

PRINCIPAL = "system:command-line"
LOOKS = frozenset({"list"})


class Office(msgspec.Struct, frozen=True):
    """What a command works with; what it does is done under `by`."""

    connection: asyncpg.Connection
    slow: SlowHash
    by: Administrator

    def once(self) -> str:
        """An idempotency key: each command typed is a call of its own."""
        return secrets.token_hex(16)


Work = Callable[[Office, argparse.Namespace], Coroutine[None, None, None]]


class Mistaken(Exception):
    """Something typed that cannot be meant."""

    def __init__(self, words: Title) -> None:
        super().__init__(words.en)
        self.words = words


def add_place_options(parser: argparse.ArgumentParser) -> None:
    """How far a key or a role reaches."""
    parser.add_argument("--role", choices=[str(role) for role in Role], required=True, help="角色")
    parser.add_argument("--programme", metavar="SLUG", help="only this programme / 只限此方案")
    parser.add_argument("--owner", metavar="ID", help="the outlet, shop, household or member / 网点、商户、住户或成员")


def wanted(options: argparse.Namespace) -> Wanted:
    node = None if options.programme else options.node
    return Wanted(options.role, node, options.programme, options.owner, getattr(options, "area", None))


def work_at(place: Place, options: argparse.Namespace, work: Work) -> int:
    """0 done, 2 refused, with the words that the service would say."""
    try:
        with open_administrator_url(place) as url:
            asyncio.run(_run(url, place, options, work))
    except Refused as refused:
        words = REASONS[refused.reason]
        return _say(tell(words, refused.numbers, "en"), tell(words, refused.numbers, "zh"))
    except Mistaken as mistaken:
        return _say(mistaken.words.en, mistaken.words.zh)
    return 0


async def _run(url: str, place: Place, options: argparse.Namespace, work: Work) -> None:
    connection = await connect(await prepare_database(url, place.service_password_file))
    slow = SlowHash(pepper_of(place))
    try:
        node = options.node or await _root(connection)
        office = Office(connection, slow, Administrator(PRINCIPAL, node))
        await (work(office, options) if options.verb in LOOKS else _told(office, options, work))
    finally:
        slow.stop()
        await connection.close()


async def _told(office: Office, options: argparse.Namespace, work: Work) -> None:
    """In the audit log before it is done, as what is done at the service; a name that was typed is not in it."""
    given = {name: getattr(options, name, None) for name in ("key", "role", "programme", "owner")}
    about = {name: id_or_nothing(typed) for name, typed in given.items() if typed is not None}
    verb = f"points-ledger {options.command} {options.verb}"
    event = NewEvent(NO_PROGRAMME, office.by.node, PRINCIPAL, None, "-", verb, about)
    [id] = await write_events(office.connection, [event])
    assert id is not None, "a new event gets an id"
    status, code = 500, None
    try:
        await work(office, options)
        status = 200
    except Refused as refused:
        status, code = REASONS[refused.reason].status, str(refused.reason)
        raise
    except Mistaken:
        status = 409
        raise
    finally:
        await write_events(office.connection, [EventAnswer(NO_PROGRAMME, id, status, code)])


async def _root(connection: asyncpg.Connection) -> str:
    roots = await list_roots(connection)
    if len(roots) == 1:
        return roots[0]
    if not roots:
        raise Refused(Reason.NOT_FOUND, node="")
    named = ", ".join(roots)
    raise Mistaken(
        Title(f"有多个根节点，请用 --node 指明：{named}", f"There are several roots; name one: --node {named}")
    )


def _say(english: str, chinese: str) -> int:
    print(english, file=sys.stderr)
    print(chinese, file=sys.stderr)
    return 2
