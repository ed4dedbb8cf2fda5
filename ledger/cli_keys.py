"""Keys by hand, also where nobody has one yet: made, listed, rotated, withdrawn. A token is printed once."""

import argparse
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

from ledger.actions.manage_keys import OVERLAP_HOURS_MAX, MadeKey, make_key, rotate_key, withdraw_key
from ledger.cli_administrator import Mistaken, Office, Work, add_place_options, wanted, work_at
from ledger.core.title import Title
from ledger.db.keys import KeyView, list_keys
from ledger.db.place import Place

DAYS_MAX = 1_830
TITLE_LENGTH = 200
_PAGE = 200


def add_keys_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = commands.add_parser("keys", help="keys of devices and systems / 设备和系统的密钥")
    keys.add_argument("--node", metavar="ID", help="act for this node, not the root / 以此节点的名义")
    verbs = keys.add_subparsers(dest="verb", required=True)
    adding = verbs.add_parser("add", help="make one and print its token once / 新建，只显示一次")
    adding.add_argument("title", metavar="TITLE", type=_title)
    add_place_options(adding)
    adding.add_argument("--days", type=_days, help="until it ends / 有效天数")
    verbs.add_parser("list", help="all of them, without secrets / 列出")
    rotating = verbs.add_parser("rotate", help="a new one in place of the old / 更换")
    rotating.add_argument("key", metavar="KEY", help="key_…")
    rotating.add_argument("--overlap-hours", type=_hours, default=24, help="both work so long / 新旧并用小时数")
    rotating.add_argument("--days", type=_days, help="until it ends / 有效天数")
    verbs.add_parser("revoke", help="stops within two seconds / 两秒内失效").add_argument("key", metavar="KEY")


def key_commands(options: argparse.Namespace, place: Place) -> dict[str, Callable[[], int]]:
    verbs: dict[str, Work] = {"add": _add, "list": _list, "rotate": _rotate, "revoke": _revoke}
    return {"keys": lambda: work_at(place, options, verbs[options.verb])}


async def _add(office: Office, options: argparse.Namespace) -> None:
    """The same command again, also at the same moment, makes no second key while the first is in force."""
    alike = [key async for key in _all(office) if _is_alike(key, office, options)]
    for key in alike:
        if key.revoked_at is None and not _is_over(key):
            raise _exists(key)
    made = await make_key(
        office.connection, office.slow, office.by, wanted(options), title=options.title, days=options.days,
        idempotency_key="\0".join((
            "keys add", options.title, options.role, options.programme or "", options.owner or "", office.by.node,
            str(len(alike)),
        )),
    )  # fmt: skip
    if not made.is_new:
        raise _exists(made.key)
    _hand_over(made)


def _is_alike(key: KeyView, office: Office, options: argparse.Namespace) -> bool:
    """A key that has been rotated has one in its place."""
    asked = (options.title, options.role, options.programme, options.owner)
    return asked == (key.title, key.role, key.programme, key.owner) and (
        options.programme is not None or key.node == office.by.node
    )


def _exists(key: KeyView) -> Mistaken:
    return Mistaken(
        Title(
            f"已有同名同权限的密钥 {key.id}；请更换（rotate）、作废（revoke），或另取名称",
            f"{key.id} has this title and may do the same: rotate it, revoke it, or give another title",
        )
    )


async def _list(office: Office, _: argparse.Namespace) -> None:
    async for key in _all(office):
        print(_line(key))


async def _all(office: Office) -> AsyncIterator[KeyView]:
    after = ""
    while page := await list_keys(office.connection, office.by.node, programme=None, after=after, limit=_PAGE):
        for key in page:
            yield key
        after = page[-1].id


async def _rotate(office: Office, options: argparse.Namespace) -> None:
    made = await rotate_key(
        office.connection, office.slow, office.by, options.key, overlap_hours=options.overlap_hours,
        days=options.days, idempotency_key=office.once(),
    )  # fmt: skip
    _hand_over(made)


async def _revoke(office: Office, options: argparse.Namespace) -> None:
    print(_line(await withdraw_key(office.connection, office.by, options.key)))


def _hand_over(made: MadeKey) -> None:
    """The token alone on standard output, so that it can go straight into a file."""
    print(_line(made.key), file=sys.stderr)
    print(made.token)


def _line(key: KeyView) -> str:
    ends = "" if key.expires_at is None else f"expires {key.expires_at:%Y-%m-%d %H:%M}"
    used = "never used" if key.used_at is None else f"used {key.used_at:%Y-%m-%d %H:%M}"
    state = "revoked" if key.revoked_at else "expired" if _is_over(key) else "in force"
    words = (key.id, key.role, state, key.programme, key.owner, key.principal, ends, used, key.title)
    return "  ".join(word for word in words if word)


def _is_over(key: KeyView) -> bool:
    return key.expires_at is not None and key.expires_at <= datetime.now(UTC)


def _title(text: str) -> str:
    if 1 <= len(text) <= TITLE_LENGTH and text.isprintable():
        return text
    raise argparse.ArgumentTypeError(f"1–{TITLE_LENGTH} printable characters / 可显示字符")


def _days(text: str) -> int:
    return _number(text, least=1, most=DAYS_MAX)


def _hours(text: str) -> int:
    return _number(text, least=0, most=OVERLAP_HOURS_MAX)


def _number(text: str, *, least: int, most: int) -> int:
    if text.isascii() and text.isdecimal() and least <= int(text) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f"{least}–{most}")
