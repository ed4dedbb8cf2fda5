"""Keys and people by hand: what is typed at the machine works at the service, and nothing secret is told twice."""

import asyncio
import base64
import os
import subprocess
import sys

import pytest

from tests.api.client import PEPPER, Office, open_office
from tests.village import Village

PASSWORD = "bamboo-raft-42"


def typed(office: Office, *arguments: str, also: str = "") -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "DATABASE_URL"))}
    environ |= {
        "DATABASE_URL": office.village.database.url,
        "LEDGER_DATA": str(office.folder),
        "LEDGER_PEPPER": base64.b64encode(PEPPER).decode(),
    }
    command = [sys.executable, "-m", "ledger.main", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environ, timeout=60, input=also)


def done(office: Office, *arguments: str, also: str = "") -> str:
    ended = typed(office, *arguments, also=also)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


async def seen(office: Office, token: str) -> int:
    return (await office.call("GET", "accounts/hh_1/balances", key=token)).status_code


async def test_a_key_is_made_rotated_listed_and_withdrawn(village: Village) -> None:
    async with open_office(village) as office:
        token = done(office, "keys", "add", "Till 1", "--role", "operator", "--programme", "village").strip()
        id = f"key_{token.split('_')[1]}"
        assert await seen(office, token) == 200
        new = done(office, "keys", "rotate", id, "--overlap-hours", "1", "--days", "30").strip()
        assert await seen(office, new) == 200 and await seen(office, token) == 200
        done(office, "keys", "revoke", id)
        office.app.desk.forget_key(id)  # as two seconds would; another process has withdrawn it
        assert await seen(office, token) == 401 and await seen(office, new) == 200
        auditor = await office.key("auditor")
        told = (await office.call("GET", "/v1/audit-events", key=auditor)).json()["events"]
        assert [(one["verb"], one["status"], one["principal"]) for one in reversed(told)] == [
            (f"points-ledger keys {verb}", 200, "system:command-line") for verb in ("add", "rotate", "revoke")
        ]
        assert told[0]["about"] == {"key": id}
        listed = done(office, "keys", "list")
        assert "revoked" in next(line for line in listed.splitlines() if id in line)
        assert all(secret.split("_")[2] not in listed for secret in (token, new))


async def test_the_same_key_is_not_made_twice(village: Village) -> None:
    command = ("keys", "add", "Till 1", "--role", "operator", "--programme", "village")
    async with open_office(village) as office:
        both = await asyncio.gather(*(asyncio.to_thread(typed, office, *command) for _ in range(2)))
        assert sorted(ended.returncode for ended in both) == [0, 2]
        id = f"key_{next(ended.stdout for ended in both if ended.stdout).split('_')[1]}"
        again = typed(office, *command)
        assert (again.returncode, again.stdout) == (2, "") and id in again.stderr and "rotate" in again.stderr
        done(office, "keys", "revoke", id)
        assert done(office, *command).strip().split("_")[1] != id.removeprefix("key_")
        done(office, *command[:-2])  # the same title for another place


async def test_a_person_is_added_signs_in_is_blocked_and_gets_a_new_password(village: Village) -> None:
    async with open_office(village) as office:

        async def sign_in(password: str) -> int:
            body = {"user_name": "li.na", "password": password}
            return (await office.call("POST", "/v1/sign-in", key=None, json=body)).status_code

        added = done(office, "people", "add", "li.na", "--role", "auditor", "--name", "李娜", also=f"{PASSWORD}\n")
        assert "auditor" in added and PASSWORD not in added
        assert await sign_in(PASSWORD) == 200
        given = done(office, "people", "role", "li.na", "--role", "operator", "--programme", "village")
        role = next(line.split()[0] for line in given.splitlines() if "operator" in line)
        assert "operator" not in done(office, "people", "end-role", "li.na", role)
        assert "blocked" in done(office, "people", "block", "li.na")
        assert await sign_in(PASSWORD) == 401
        done(office, "people", "unblock", "li.na")
        done(office, "people", "password", "li.na", also=f"{PASSWORD}-new\n")
        assert (await sign_in(PASSWORD), await sign_in(f"{PASSWORD}-new")) == (401, 200)
        assert "li.na" in done(office, "people", "list")
        assert "李娜" in done(office, "people", "export", "li.na")
        done(office, "people", "erase", "li.na")
        assert await sign_in(f"{PASSWORD}-new") == 401
        listed = done(office, "people", "list")
        assert "Erased:usr_" in listed and "li.na" not in listed and "李娜" not in listed


@pytest.mark.parametrize(
    "arguments",
    [
        ("keys", "revoke", "key_nobody"),
        ("keys", "rotate", "key_nobody"),
        ("keys", "add", "x", "--role", "cashier"),
        ("keys", "add", "x", "--role", "operator", "--days", "0"),
        ("keys", "add", "x\n", "--role", "operator"),
        ("keys", "add", "x", "--role", "operator", "--programme", "elsewhere"),
        ("keys", "--node", "nod_nowhere", "add", "x", "--role", "operator"),
        ("people", "block", "nobody"),
        ("people", "add", "Li Na", "--role", "auditor"),
        ("people", "add", "li.na", "--role", "auditor"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(village: Village, arguments: tuple[str, ...]) -> None:
    async with open_office(village) as office:
        ended = typed(office, *arguments, also="short\n")
        assert ended.returncode == 2 and ended.stderr and "Traceback" not in ended.stderr
        assert not ended.stdout
