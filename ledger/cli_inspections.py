"""Post an inspection sheet by hand, with a bar to watch; killed and started again, it goes on where it was."""

import argparse
import asyncio
import sys

import asyncpg

from ledger.actions.post_inspection import work_inspection
from ledger.core.refusal import Refused
from ledger.db.inspections import Inspection, Progress, count_lines, find_inspection
from ledger.db.journal import show_programmes
from ledger.db.place import Place, open_administrator_url
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect, prepare_database

BAR_WIDTH = 40
WATCH_SECONDS = 0.5


def add_inspections_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("inspection", help="work on a sheet that is being posted / 继续过账巡查表")
    parser.add_argument("--programme", metavar="SLUG", required=True, help="方案")
    parser.add_argument("--watch", action="store_true", help="only watch the service do it / 只看进度")
    parser.add_argument("inspection", metavar="ID", help="ins_…")


def run_inspection(place: Place, options: argparse.Namespace) -> int:
    """Beside a running service as well: both take lines, and no line twice. 1 if something was refused."""
    with open_administrator_url(place) as url:
        return asyncio.run(_run(url, place, options))


async def _run(url: str, place: Place, options: argparse.Namespace) -> int:
    connection = await connect(await prepare_database(url, place.service_password_file))
    programme, id = options.programme, options.inspection
    try:
        sheet, progress = await _look(connection, programme, id)
        if sheet is None:
            print(f"There is no inspection {id} in {programme}. / {programme} 没有巡查表 {id}。", file=sys.stderr)
            return 2
        if options.watch:
            while sheet is not None and sheet.state in ("posting", "reversing"):  # Ends when the service is done.
                _draw(sheet, progress)
                await asyncio.sleep(WATCH_SECONDS)
                sheet, progress = await _look(connection, programme, id)
        else:
            async for _ in work_inspection(connection, programme, id, SchemeShelf()):
                sheet, progress = await _look(connection, programme, id)
                assert sheet is not None, "sheets are never removed"
                _draw(sheet, progress)
        sheet, progress = await _look(connection, programme, id)
        assert sheet is not None, "sheets are never removed"
        _draw(sheet, progress)
    except Refused as refused:
        print(f"\n{refused.reason}: {programme} / {id}", file=sys.stderr)
        return 2
    finally:
        await connection.close()
    print()
    return 1 if progress.refused or progress.kept else 0


async def _look(connection: asyncpg.Connection, programme: str, id: str) -> tuple[Inspection | None, Progress]:
    async with connection.transaction(readonly=True):
        await show_programmes(connection, [programme])
        return await find_inspection(connection, programme, id), await count_lines(connection, programme, id)


def _draw(sheet: Inspection, progress: Progress) -> None:
    percent = progress.percent(sheet.state)
    full = percent * BAR_WIDTH // 100
    bar = "#" * full + "-" * (BAR_WIDTH - full)
    counts = f"posted {progress.posted}, refused {progress.refused}, reversed {progress.reversed}"
    print(f"\r[{bar}] {percent:3}% {sheet.state}: {counts} of {progress.filled}", end="", flush=True)
