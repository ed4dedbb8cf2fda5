"""What the service sweeps every hour, by hand: notices that are over, holds past their day, points past theirs."""

import argparse
import asyncio
import sys

from ledger.actions.sweep import Swept, sweep
from ledger.core.refusal import Refused
from ledger.db.nodes import list_programmes
from ledger.db.place import Place, open_administrator_url
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect, prepare_database


def add_sweep_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("sweep", help="end what is due, expire what has lapsed / 处理到期事项")
    parser.add_argument("--programme", metavar="SLUG", help="one programme, not all / 只处理一个方案")


def sweep_place(place: Place, programme: str | None) -> int:
    """As the service's login, under its guards; beside a running service as well, for nothing is posted twice."""
    with open_administrator_url(place) as url:
        return asyncio.run(_sweep(url, place, programme))


async def _sweep(url: str, place: Place, only: str | None) -> int:
    connection = await connect(await prepare_database(url, place.service_password_file))
    shelf = SchemeShelf()
    try:
        for programme in [only] if only else await list_programmes(connection):
            _print(programme, await sweep(connection, programme, shelf))
    except Refused:
        print(f"There is no programme {only} with published policies. / 没有已发布的方案 {only}。", file=sys.stderr)
        return 2
    finally:
        await connection.close()
    return 0


def _print(programme: str, swept: Swept) -> None:
    done = f"activated {swept.activated}, released {swept.released}, expired {swept.expired}"
    print(f"{programme}: {done} / 生效 {swept.activated},释放 {swept.released},到期 {swept.expired}")
    for subject, reason in swept.refused:
        print(f"  {subject}: {reason}")
