"""What the service takes away every day by the programme's retention, by hand, or only to see what would go."""

import argparse
import asyncio
import sys

import asyncpg

from ledger.actions.keep_retention import Outdated, find_outdated, keep_retention
from ledger.core.refusal import Refused
from ledger.db.files import FileShelf
from ledger.db.journal import show_programmes
from ledger.db.nodes import list_programmes
from ledger.db.place import Place, open_administrator_url
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect, prepare_database

_PAGE = 200
_COUNTED_MAX = 10_000


def add_retention_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    words = "forget what has been kept for long enough / 清除超过保存期限的个人信息"
    parser = commands.add_parser("retention", help=words)
    parser.add_argument("--programme", metavar="SLUG", help="one programme, not all / 只处理一个方案")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, take nothing / 只列出，不清除")


def retention_place(place: Place, programme: str | None, *, is_dry: bool) -> int:
    """As the service's login, also beside a running service: nothing goes twice."""
    with open_administrator_url(place) as url:
        return asyncio.run(_keep(url, place, programme, is_dry=is_dry))


async def _keep(url: str, place: Place, only: str | None, *, is_dry: bool) -> int:
    connection = await connect(await prepare_database(url, place.service_password_file))
    shelf, files = SchemeShelf(), FileShelf(place.data_folder)
    try:
        for programme in [only] if only else await list_programmes(connection):
            if is_dry:
                await _tell(connection, programme, shelf)
                continue
            kept = await keep_retention(connection, programme, shelf, files)
            words = f"forgotten {kept.persons}, contacts {kept.contacts}, pictures {kept.pictures}"
            print(f"{programme}: {words}, reasons {kept.reasons} / 已清除：人员、联系人、图片、事由")
    except Refused:
        print(f"There is no programme {only} with published policies. / 没有已发布的方案 {only}。", file=sys.stderr)
        return 2
    finally:
        await connection.close()
    return 0


async def _tell(connection: asyncpg.Connection, programme: str, shelf: SchemeShelf) -> None:
    setting = (await shelf.scheme(connection, programme)).policy.retention
    after: str | None = ""
    first: Outdated | None = None
    while after is not None:
        async with connection.transaction(readonly=True):
            await show_programmes(connection, [programme])
            found = await find_outdated(
                connection, programme, setting, after=after, limit=_PAGE, counted_max=_COUNTED_MAX
            )
        first, after = first or found, found.next_family
        for owner in found.persons:
            print(f"{programme}  person / 人员  {owner}")
    assert first is not None, "it was looked at once at least"
    for merchant in first.contacts:
        print(f"{programme}  contact / 联系人  {merchant}")
    print(f"{programme}  pictures / 图片  {first.pictures}\n{programme}  reasons / 事由  {first.reasons}")
