"""What a new ledger begins with: a county, the demonstration programme, and a key for each role."""

import os
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import msgspec

from ledger.actions.load_folder import load_folder
from ledger.actions.open_owner import open_owner
from ledger.core.title import Title
from ledger.db.identity import new_id
from ledger.db.keys import insert_key
from ledger.db.nodes import has_nodes, insert_node
from ledger.db.owners import Owner
from ledger.db.service_role import connect
from ledger.hall.access import Role

DEMONSTRATION = "fuxi"
COUNTY = Title("示范县", "Demonstration county")
KEYS_FILE = "ready-keys.json"


class ReadyKey(msgspec.Struct, frozen=True):
    """A token with the words by which a person tells keys apart."""

    role: str
    token: str
    owner: str | None = None
    principal: str | None = None


class ReadyKeys(msgspec.Struct, frozen=True):
    """Kept in the data folder, readable by its owner only, so that a second start can print them again."""

    programme: str
    made_at: datetime
    keys: tuple[ReadyKey, ...]


async def prepare_first_start(service_url: str, keys_file: Path) -> ReadyKeys | None:
    """Fills a database without nodes and answers the keys it made; leaves any other database alone."""
    connection = await connect(service_url)
    try:
        if not await has_nodes(connection):
            async with connection.transaction():
                made = await _fill(connection)
                # Before the commit: keys that nobody can read again would be worse than keys that never came to be.
                _write_private(keys_file, msgspec.json.format(msgspec.json.encode(made), indent=2))
            return made
        return None
    finally:
        await connection.close()


def read_ready_keys(keys_file: Path) -> ReadyKeys | None:
    """The keys that an earlier start made, if they are still kept."""
    return msgspec.json.decode(keys_file.read_bytes(), type=ReadyKeys) if keys_file.exists() else None


def rules_folder() -> Path:
    """Beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parent
    installed = package / "rules"
    return installed if installed.is_dir() else package.parent / "rules"


async def _fill(connection: asyncpg.Connection) -> ReadyKeys:
    node = await insert_node(connection, kind="county", title=COUNTY)
    await load_folder(connection, rules_folder() / DEMONSTRATION, node=node, by="system:first-start")
    resident = Owner(new_id("mbr"), "member", reference="demo-resident", area="fuxi", name="示范居民")
    await open_owner(connection, DEMONSTRATION, resident)
    owners = {
        Role.CASHIER: "out_fuxi-supermarket",
        Role.MERCHANT: "mer_lijian-hair",
        Role.RESIDENT: resident.id,
    }
    keys = []
    for role in Role:
        owner = owners.get(role)
        principal = new_id("trm") if role is Role.CASHIER else owner or f"{role}:ready"
        programme = DEMONSTRATION if owner else None
        token = await insert_key(
            connection, role=role, principal=principal, node=node, programme=programme, owner=owner
        )
        keys.append(ReadyKey(role, token, owner, principal))
    return ReadyKeys(DEMONSTRATION, datetime.now(UTC), tuple(keys))


def _write_private(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "wb", opener=lambda path, flags: os.open(path, flags, mode=0o600)) as written:
        written.write(content)
