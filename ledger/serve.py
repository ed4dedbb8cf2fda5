"""Runs the service: its database, the first start, the listener, and an orderly end of all of them."""

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import structlog
import uvicorn
import uvloop

from ledger.actions.seal_key import seal_key_of
from ledger.actions.slow_hash import pepper_of
from ledger.app import Service, create_app
from ledger.config import Config, require_safe
from ledger.db.embedded import EmbeddedDatabase, open_database
from ledger.db.files import FileShelf
from ledger.db.launch_refusal import LaunchRefused
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import prepare_database, prepare_sealer
from ledger.first_start import KEYS_FILE, ReadyKeys, prepare_first_start, read_ready_keys
from ledger.jobs import Job, keeping_retention, posting_inspections, run_jobs, sealing, sweeping
from ledger.rush_protocol import RushProtocol

log = structlog.get_logger()

STOP_SECONDS = 10
RESTARTS_MAX = 5
RESTARTS_SECONDS = 600.0
BACKLOG = 2048
KEEP_ALIVE_SECONDS = 30
GARBAGE_THRESHOLD = 10_000


class Deaths:
    """When the database died lately: a death a week is mended for ever, one a minute is a reason to stop."""

    def __init__(self) -> None:
        self.lately: list[float] = []

    def is_too_often(self, now: float) -> bool:
        """Counts one more."""
        self.lately = [*(then for then in self.lately if then > now - RESTARTS_SECONDS), now]
        return len(self.lately) > RESTARTS_MAX


class _Server(uvicorn.Server):
    """Leaves signals to us: the library's own handling ends the process before the database is stopped."""

    ready: ReadyKeys | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            settle_memory()
            _announce(self.servers[0].sockets[0].getsockname(), self.ready, is_tls=self.config.is_ssl)


def serve(config: Config) -> int:
    """0 after an orderly end, 1 when the database is lost for good."""
    require_safe(config, has_ready_keys=(config.data_folder / KEYS_FILE).exists())
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listen(config))
        database = None
        if config.database_url is None:
            database = stack.enter_context(contextlib.closing(open_database(config.data_folder)))
        url = config.database_url or (database.admin_url if database else "")
        return uvloop.run(_serve(config, url, database, listener))


def _listen(config: Config) -> socket.socket:
    """Before anything is started: another service at this address is the commonest reason to fail."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OSError(f"{config.host}:{config.port}: {error.strerror}") from error


async def _serve(config: Config, url: str, database: EmbeddedDatabase | None, listener: socket.socket) -> int:
    service_url = await prepare_database(url, config.place.service_password_file)
    keys_file = config.data_folder / KEYS_FILE
    ready = await prepare_first_start(service_url, keys_file) or read_ready_keys(keys_file)
    require_safe(config, has_ready_keys=ready is not None)  # An empty database has got some just now.
    app = create_app(
        service_url, pool_size=config.pool_size, pepper=pepper_of(config.place), data_folder=config.data_folder,
        rate_per_key=config.rate_per_key,
    )  # fmt: skip
    server = _Server(server_config(app, loop="uvloop", **_tls_and_proxy(config)))
    server.ready = ready
    _stop_on_signals(server)
    watching = asyncio.create_task(_watch(database, server))
    working = asyncio.create_task(run_jobs(await _jobs(config, url, service_url)))
    await server.serve(sockets=[listener])
    watching.cancel()
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    lost = watching.done() and not watching.cancelled() and watching.result()
    return 1 if lost or not server.started else 0


def _tls_and_proxy(config: Config) -> dict[str, Any]:
    """A proxy's word about who asks and how is taken from the addresses that the operator names, and nobody else's."""
    told: dict[str, Any] = {}
    if config.tls_cert is not None:
        told |= {"ssl_certfile": str(config.tls_cert), "ssl_keyfile": str(config.tls_key)}
    if config.behind_proxy is not None:
        told |= {"proxy_headers": True, "forwarded_allow_ips": config.behind_proxy}
    return told


def server_config(app: Service, **more: Any) -> uvicorn.Config:
    """How the application is served, in tests as in earnest."""
    return uvicorn.Config(
        app,
        http=RushProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        **{"proxy_headers": False, "timeout_keep_alive": KEEP_ALIVE_SECONDS, **more},
    )


async def _jobs(config: Config, url: str, service_url: str) -> list[Job]:
    """Without the sealer's login everything is served and nothing is sealed, which is said once."""
    shelf = SchemeShelf()
    jobs = [
        sweeping(service_url, shelf),
        keeping_retention(service_url, shelf, FileShelf(config.data_folder)),
        posting_inspections(service_url, shelf),
    ]
    password_file = config.place.sealer_password_file
    sealer_url = await prepare_sealer(url, password_file)
    if sealer_url is None:
        log.warning("nothing_is_sealed", missing=str(password_file), made_by="points-ledger migrate")
        return jobs
    return [*jobs, sealing(sealer_url, seal_key_of(config.place))]


def settle_memory() -> None:
    """What stands after the start stays: looking through it for garbage at every turn took 8 % of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)


def _stop_on_signals(server: uvicorn.Server) -> None:
    """The first asks for an orderly end, a second one does not wait for open requests."""

    def stop() -> None:
        server.force_exit = server.should_exit
        server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


async def _watch(database: EmbeddedDatabase | None, server: uvicorn.Server) -> bool:
    """Restarts our own database when it dies; true when that does not help any more."""
    if database is None or not database.is_owned:
        return False
    deaths = Deaths()
    while True:  # Ends with the service, or when the database dies too often.
        code = await asyncio.wrap_future(database.ended)
        too_often = deaths.is_too_often(time.monotonic())
        log.error("database_ended", exit_code=code, lately=len(deaths.lately))
        if too_often:
            break
        try:
            await asyncio.to_thread(database.restart)
        except LaunchRefused as refused:
            print(f"{refused.english}\n{refused.chinese}", file=sys.stderr)
            break
    print("The database is lost; the service ends. / 数据库无法恢复，服务停止。", file=sys.stderr)
    server.should_exit = True
    return True


def _announce(listener: tuple[str, int], ready: ReadyKeys | None, *, is_tls: bool) -> None:
    host, port = listener[:2]
    address = f"http{'s' if is_tls else ''}://{f'[{host}]' if ':' in host else host}:{port}"
    lines = [
        "",
        f"Points Ledger / 积分账本   {address}",
        f"API docs / 接口说明        {address}/docs",
    ]
    if ready is None:
        lines.append("Keys were printed at the first start. / 密钥已在首次启动时显示。")
    else:
        lines.append(f"Programme / 积分方案       {ready.programme}")
        lines.append("Keys / 密钥 (Authorization: Bearer …):")
        lines += [f"  {key.role:<9} {key.token}  {key.owner or ''}".rstrip() for key in ready.keys]
    print("\n".join([*lines, ""]), flush=True)
