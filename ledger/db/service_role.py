"""The login of the service in one database: neither superuser nor owner of anything."""

import secrets
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import asyncpg

from ledger.db.migrate import MigrationProblem, migrate, schema_is_current
from ledger.db.statements import load_statements

_SQL = load_statements("service_role")

SESSION = {
    "search_path": "ledger",
    "timezone": "UTC",
    "jit": "off",
    "synchronous_commit": "on",
    "application_name": "points-ledger",
}


class UnsafeRole(Exception):
    """The service would run with rights that make its guards worthless."""


async def prepare_database(url: str, password_file: Path) -> str:
    """Migrates and returns the URL for the service.

    An administrator's URL makes the service's login (its password is kept in `password_file`); a URL that is
    already a service's is only checked.
    """
    connection = await connect(url)
    try:
        if await _is_service(connection):
            if not await schema_is_current(connection):
                raise MigrationProblem("run `points-ledger migrate` with an administrator's DATABASE_URL first")
            return url
        await migrate(connection)
        return await _make_login(connection, url, password_file, "service")
    finally:
        await connection.close()


async def prepare_sealer(url: str, password_file: Path) -> str | None:
    """The URL of the login that seals: it takes lines off the outbox and adds to the logs, and can do nothing else.

    A service's URL makes no logins: then it is the one that `migrate` has made, if its password is kept here.
    """
    connection = await connect(url)
    try:
        if await _is_service(connection):
            password = _kept_password(password_file)
            role = f"{await connection.fetchval('SELECT current_database()')}_sealer"
            return _as_role(url, role, password) if password else None
        return await _make_login(connection, url, password_file, "sealer")
    finally:
        await connection.close()


async def connect(url: str, **settings: str) -> asyncpg.Connection:
    """A connection with this service's session settings; nothing is read from the user's own password file."""
    return await asyncpg.connect(
        url, ssl=ssl_of(url), passfile="/dev/null", server_settings={**SESSION, **settings}, timeout=10
    )


async def require_service_role(connection: asyncpg.Connection) -> None:
    """Refuses to serve as superuser, as a role that may pass row-level security, or as owner of the tables."""
    row = await _describe_role(connection)
    if row["is_super"] or row["passes_row_security"] or row["is_owner"]:
        raise UnsafeRole(
            f"The service must not run as {row['name']}: it is a superuser or owns the tables. "
            "Use the login that `points-ledger migrate` makes. / "
            f"服务不能以 {row['name']} 身份运行(超级用户或表的所有者),请使用 migrate 建立的服务账号。"
        )


async def _describe_role(connection: asyncpg.Connection) -> asyncpg.Record:
    row = await connection.fetchrow(_SQL["describe_role"])
    assert row is not None, "whoever is connected has a role"
    return row


async def _is_service(connection: asyncpg.Connection) -> bool:
    row = await _describe_role(connection)
    return not (row["is_super"] or row["may_create_roles"] or row["is_owner"])


async def _make_login(connection: asyncpg.Connection, url: str, password_file: Path, duty: str) -> str:
    database = await connection.fetchval("SELECT current_database()")
    role = f"{database}_{duty}"
    password = _kept_password(password_file)
    exists = await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role)
    if not (exists and password):
        password = password or _new_password(password_file)
        for statement in _login_statements(role, password, duty, exists=exists):
            await connection.execute(statement)
    return _as_role(url, role, password)


def _kept_password(file: Path) -> str:
    return file.read_text().strip() if file.exists() else ""


def _new_password(file: Path) -> str:
    password = secrets.token_urlsafe(24)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(password)
    return password


def _login_statements(role: str, password: str, duty: str, *, exists: bool) -> list[str]:
    # Roles and passwords cannot be parameters; the password is url-safe base 64, the name is quoted.
    name = '"' + role.replace('"', '""') + '"'
    verb = "ALTER" if exists else "CREATE"
    return [
        f"{verb} ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD '{password}'",
        f"GRANT ledger_{duty} TO {name}",
    ]


def _as_role(url: str, role: str, password: str) -> str:
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in {"user", "password"}]
    where = parts.netloc.rpartition("@")[2]
    netloc = f"{quote(role, safe='')}:{quote(password, safe='')}@{where}"
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(query), ""))


def ssl_of(url: str) -> bool | None:
    """A socket file has no TLS to offer; over the network the URL's own sslmode decides."""
    return False if "host=%2F" in url or "host=/" in url else None
