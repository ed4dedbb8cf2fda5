"""The command line: each command a small function; 0 done, 1 the thing looked at is wrong, 2 refused."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import asyncpg

from ledger.actions.backup import BackupRefused, Manifest, back_up
from ledger.actions.restore import restore
from ledger.cli_audit import add_audit_parsers, audit_commands, check
from ledger.cli_import import add_import_parser, import_commands
from ledger.cli_inspections import add_inspections_parser, run_inspection
from ledger.cli_keys import add_keys_parser, key_commands
from ledger.cli_people import add_people_parser, people_commands
from ledger.cli_retention import add_retention_parser, retention_place
from ledger.cli_rules import add_rules_commands, run_rules
from ledger.cli_seal import add_seal_parsers, seal_commands
from ledger.cli_sweep import add_sweep_parser, sweep_place
from ledger.db.files import FileShelf
from ledger.db.launch_refusal import LaunchRefused
from ledger.db.migrate import MigrationProblem
from ledger.db.place import Place, open_administrator_url
from ledger.db.service_role import UnsafeRole, connect, prepare_database, prepare_sealer

Serve = Callable[[Path | None, Path | None], int]

UNREACHABLE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,  # it shuts down, or its head was killed, while we were at work
)


def run(arguments: list[str], place: Place, *, serve: Serve) -> int:
    """`serve` comes from above: the service is wired on the roof."""
    options = build_parser().parse_args(arguments)
    commands: dict[str, Callable[[], int]] = {
        "serve": lambda: serve(options.tls_cert, options.tls_key),
        "migrate": lambda: migrate_place(place),
        "backup": lambda: backup_place(place, options.file),
        "restore": lambda: restore_place(place, options.file),
        "rules": lambda: run_rules(options),
        "sweep": lambda: sweep_place(place, options.programme),
        "retention": lambda: retention_place(place, options.programme, is_dry=options.dry_run),
        "inspection": lambda: run_inspection(place, options),
        **audit_commands(options, place),
        **seal_commands(options, place),
        **import_commands(options, place),
        **key_commands(options, place),
        **people_commands(options, place),
    }
    try:
        return commands[options.command]()
    except (LaunchRefused, BackupRefused) as refused:
        return refuse(english=refused.english, chinese=refused.chinese)
    except (MigrationProblem, UnsafeRole) as refused:
        return refuse(english=str(refused), chinese="数据库与本版本不相符，说明见上一行。")
    except UNREACHABLE as error:
        return refuse(english=f"The database cannot be used: {error}", chinese=f"无法使用数据库：{error}")


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="points-ledger", description="Points Ledger / 积分账本")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="run the service / 运行服务")
    serving.add_argument("--tls-cert", type=Path, metavar="FILE", help="certificate with its chain / 证书")
    serving.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key / 私钥")
    commands.add_parser("migrate", help="bring the database to this release / 升级数据库结构")
    for name, words in (
        ("backup", "write the whole ledger to FILE / 备份到文件"),
        ("restore", "load FILE into an empty target / 恢复到空的目标"),
    ):
        commands.add_parser(name, help=words).add_argument("file", type=Path, metavar="FILE")
    rules = commands.add_parser("rules", help="rule sheets / 规则文件").add_subparsers(dest="verb", required=True)
    add_rules_commands(rules)
    add_sweep_parser(commands)
    add_retention_parser(commands)
    add_inspections_parser(commands)
    add_audit_parsers(commands)
    add_seal_parsers(commands)
    add_import_parser(commands)
    add_keys_parser(commands)
    add_people_parser(commands)
    return parser


def refuse(*, english: str, chinese: str) -> int:
    print(english, file=sys.stderr)
    print(chinese, file=sys.stderr)
    return 2


def migrate_place(place: Place) -> int:
    with open_administrator_url(place) as url:
        asyncio.run(_migrate(url, place))
    print("The database is up to date. / 数据库结构已是最新。")
    return 0


async def _migrate(url: str, place: Place) -> None:
    await prepare_database(url, place.service_password_file)
    await prepare_sealer(url, place.sealer_password_file)


def backup_place(place: Place, file: Path) -> int:
    """Also of a data folder of an older PostgreSQL, while programs of its version are there."""
    with open_administrator_url(place, is_old=True) as url:
        manifest = asyncio.run(_with_connection(url, file, back_up, place))
    print(f"{file}: {_size(manifest)}")
    return 0


def restore_place(place: Place, file: Path) -> int:
    if not file.is_file():
        return refuse(english=f"There is no file {file}.", chinese=f"没有文件 {file}。")
    with open_administrator_url(place) as url:
        manifest = asyncio.run(_with_connection(url, file, restore, place))
        print(f"Restored / 已恢复 {file}: {_size(manifest)}, {manifest.made_at}")
        return asyncio.run(_check(url))


async def _check(url: str) -> int:
    """A restored ledger says at once whether it is whole."""
    connection = await connect(url)
    try:
        return await check(connection)
    finally:
        await connection.close()


async def _with_connection(
    url: str,
    file: Path,
    action: Callable[[asyncpg.Connection, Path, FileShelf], Coroutine[None, None, Manifest]],
    place: Place,
) -> Manifest:
    connection = await connect(url)
    try:
        return await action(connection, file, FileShelf(place.data_folder))
    finally:
        await connection.close()


def _size(manifest: Manifest) -> str:
    counts = manifest.content.counts
    rows = sum(counts.values())
    journal = counts.get("journal", 0)
    head = f"schema {manifest.content.schema_version}, journal / 流水 {journal}"
    return f"{head}, rows / 行 {rows}, files / 文件 {manifest.files}"
