"""Seals on the command line: seal what waits, print the checkpoints, check an export."""

import argparse
import asyncio
import sys
from collections.abc import Callable

from ledger import verify
from ledger.actions.backup import needs_administrator
from ledger.actions.seal import seal_waiting
from ledger.actions.seal_key import SealKey, SealKeyProblem, seal_key_of
from ledger.core.log_kind import LogKind
from ledger.db.audit_events import NO_PROGRAMME
from ledger.db.check import one_moment
from ledger.db.place import Place, open_administrator_url
from ledger.db.sealed import list_logs
from ledger.db.seals import find_checkpoint
from ledger.db.service_role import connect, prepare_sealer


def add_seal_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    commands.add_parser("seal", help="seal what waits and print the checkpoints / 封存并打印封条")
    verify.add_arguments(commands.add_parser("verify", help="check a sealed export / 核对封存的导出文件"))


def seal_commands(options: argparse.Namespace, place: Place) -> dict[str, Callable[[], int]]:
    return {"seal": lambda: seal(place), "verify": lambda: verify.run(options)}


def seal(place: Place) -> int:
    """Also beside a running service: whoever comes first seals, nothing is sealed twice."""
    with open_administrator_url(place, is_old=True) as url:
        try:
            asyncio.run(_seal(url, place, seal_key_of(place)))
        except SealKeyProblem as problem:
            print(f"{problem}\n封存密钥不对：{problem}", file=sys.stderr)
            return 2
    return 0


async def _seal(url: str, place: Place, key: SealKey) -> None:
    sealer_url = await prepare_sealer(url, place.sealer_password_file)
    if sealer_url is None:
        raise needs_administrator()
    sealer = await connect(sealer_url)
    try:
        sealed = await seal_waiting(sealer, key)
    finally:
        await sealer.close()
    print(f"{sealed} sealed / 已封存\n")
    await _print_checkpoints(url, key)


async def _print_checkpoints(url: str, key: SealKey) -> None:
    connection = await connect(url)
    try:
        async with one_moment(connection):
            programmes = await list_logs(connection, None)
            logs = [(programme, LogKind.JOURNAL) for programme in programmes]
            for programme, kind in [*logs, *((slug, LogKind.AUDIT) for slug in (*programmes, NO_PROGRAMME))]:
                latest = await find_checkpoint(connection, programme, kind=kind)
                if latest is not None:
                    print(f"{latest.note}\nverifier key / 公钥: {key.verifier(programme, kind)}\n")
    finally:
        await connection.close()
