"""The auditor's side of the command line: check, export and the trial balance."""

import asyncio

from ledger.actions.check import PROMISES, check_ledger
from ledger.db.check import Finding
from ledger.db.place import Place, open_administrator_url
from ledger.db.service_role import connect


def check_place(place: Place) -> int:
    """One line for each promise; also while a service runs on the same ledger."""
    with open_administrator_url(place, is_old=True) as url:
        findings = asyncio.run(_check(url))
    for finding in findings:
        promise = PROMISES[finding.line]
        print(f"{finding.line:<8} {finding.broken:>6}  {promise.en} / {promise.zh}")
        for example in finding.examples:
            print(f"{'':<16}  {example}")
    return 1 if any(finding.broken for finding in findings) else 0


async def _check(url: str) -> list[Finding]:
    connection = await connect(url)
    try:
        return await check_ledger(connection)
    finally:
        await connection.close()
