"""Q13: other programs read what a random run has left behind, add it up by themselves, and must agree."""

import asyncio
import shutil
import sys
from pathlib import Path

import asyncpg

from ledger.actions.export import export_ledger

BEAN_CHECK = Path(sys.executable).parent / "bean-check"
HLEDGER = shutil.which("hledger")
CHECKS = ("accounts", "commodities", "assertions", "balancednoautoconversion")


async def ask_others(connection: asyncpg.Connection, towns: list[str], folder: Path) -> str:
    """Every export ends with the balances that we know, so the answer is whether it is accepted without a word."""
    transactions = 0
    for town in towns:
        beans = await _written(connection, town, "beancount", folder)
        assert await _told(BEAN_CHECK, beans) == (0, ""), town
        transactions += beans.read_text(encoding="utf-8").count(' * "')
        if HLEDGER is not None:
            journal = await _written(connection, town, "hledger", folder)
            assert await _told(HLEDGER, "-f", journal, "check", *CHECKS) == (0, ""), town
    others = "bean-check" if HLEDGER is None else "bean-check and hledger"
    missing = " (HLEDGER IS NOT INSTALLED)" if HLEDGER is None else ""
    return f"{others} agree with the exports of {len(towns)} towns, {transactions} transactions{missing}"


async def _told(program: str | Path, *arguments: str | Path) -> tuple[int | None, str]:
    both = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    process = await asyncio.create_subprocess_exec(program, *arguments, **both)
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def _written(connection: asyncpg.Connection, town: str, form: str, folder: Path) -> Path:
    file = folder / f"{town}.{form}"
    pieces = [piece async for piece in export_ledger(connection, form, town)]
    file.write_text("".join(pieces), encoding="utf-8")
    return file
