"""What the operator decides, read once from the environment; a secret may come from a file named by NAME_FILE."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ledger.db.embedded import default_data_folder
from ledger.db.place import Place

LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
LOG_FORMS = ("auto", "json", "console")
LOG_LEVELS = ("debug", "info", "warning", "error")


class Config(msgspec.Struct, frozen=True):
    """Has secrets in it: never log it."""

    database_url: str | None
    data_folder: Path
    host: str
    port: int
    pool_size: int
    log_form: str
    log_level: str
    seal_key: str | None = None
    pepper: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: str | None = None
    rate_per_key: int = 2_000

    @property
    def is_public(self) -> bool:
        """Whether others than this machine can reach the address."""
        return self.host not in LOCAL_HOSTS

    @property
    def place(self) -> Place:
        return Place(
            database_url=self.database_url, data_folder=self.data_folder, seal_key=self.seal_key, pepper=self.pepper
        )


class ConfigProblem(Exception):
    """A setting that cannot be meant."""

    def __init__(self, *, english: str, chinese: str) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese


# LEDGER_PG_BIN is read where the programs are looked for; NAME_FILE variants are allowed for each.
SETTINGS = (
    "DATABASE_URL",
    "LEDGER_DATA",
    "LEDGER_HOST",
    "LEDGER_PORT",
    "LEDGER_POOL",
    "LEDGER_LOG",
    "LEDGER_LOG_LEVEL",
    "LEDGER_PG_BIN",
    "LEDGER_SEAL_KEY",
    "LEDGER_PEPPER",
    "LEDGER_TLS_CERT",
    "LEDGER_TLS_KEY",
    "LEDGER_BEHIND_PROXY",
    "LEDGER_RATE_PER_KEY",
)


_HOST = re.compile(r"(?:%5B.*%5D|[^:]*)(?::[0-9]{1,5})?")


def read_config(environ: Mapping[str, str]) -> Config:
    """A misspelt LEDGER_ name is refused: silently ignored, it would put the data somewhere else."""
    for name in environ:
        if name.startswith("LEDGER_") and name.removesuffix("_FILE") not in SETTINGS:
            raise ConfigProblem(
                english=f"{name} is not a setting. There are: {', '.join(SETTINGS)}.",
                chinese=f"没有名为 {name} 的设置。可用的设置：{', '.join(SETTINGS)}。",
            )
    given = {name: value for name in SETTINGS if (value := _value(environ, name))}
    folder = given.get("LEDGER_DATA")
    return Config(
        database_url=_database_url(given.get("DATABASE_URL")),
        data_folder=Path(folder).absolute() if folder else default_data_folder(Path(".data")),
        host=given.get("LEDGER_HOST", "127.0.0.1"),
        port=_number("LEDGER_PORT", given.get("LEDGER_PORT", "8000"), least=0, most=65_535),
        pool_size=_number("LEDGER_POOL", given.get("LEDGER_POOL", "10"), least=1, most=1_000),
        log_form=_choice("LEDGER_LOG", given.get("LEDGER_LOG", "auto"), LOG_FORMS),
        seal_key=given.get("LEDGER_SEAL_KEY"),
        pepper=given.get("LEDGER_PEPPER"),
        tls_cert=_path(given.get("LEDGER_TLS_CERT")),
        tls_key=_path(given.get("LEDGER_TLS_KEY")),
        behind_proxy=given.get("LEDGER_BEHIND_PROXY"),
        rate_per_key=_number("LEDGER_RATE_PER_KEY", given.get("LEDGER_RATE_PER_KEY", "2000"), least=1, most=1_000_000),
        log_level=_choice("LEDGER_LOG_LEVEL", given.get("LEDGER_LOG_LEVEL", "info"), LOG_LEVELS),
    )


def require_safe(config: Config, *, has_ready_keys: bool) -> None:
    """Refuses to serve where passwords and keys would be read by whoever listens, or are printed in a manual."""
    if (config.tls_cert is None) != (config.tls_key is None):
        raise ConfigProblem(
            english="A certificate and its key belong together: set both LEDGER_TLS_CERT and LEDGER_TLS_KEY.",
            chinese="证书与私钥须同时设置：LEDGER_TLS_CERT 和 LEDGER_TLS_KEY。",
        )
    if not config.is_public:
        return
    if config.tls_cert is None and config.behind_proxy is None:
        raise ConfigProblem(
            english=f"On {config.host} keys and PINs would travel in the clear. Give a certificate (--tls-cert,"
            " --tls-key) or, behind a proxy with TLS, its address: LEDGER_BEHIND_PROXY=10.0.0.5.",
            chinese=f"在 {config.host} 上密钥和密码会以明文传输。请提供证书（--tls-cert、--tls-key），"
            "或在有 TLS 的反向代理之后运行并设置其地址：LEDGER_BEHIND_PROXY=10.0.0.5。",
        )
    if has_ready_keys:
        raise ConfigProblem(
            english="The keys of the demonstration lie in ready-keys.json and may have been copied. Make keys of your"
            " own, revoke those, remove the file, and then serve on a public address.",
            chinese="演示密钥保存在 ready-keys.json 中，可能已被复制。请先建立自己的密钥、吊销演示密钥并删除该文件，"
            "再在公开地址上运行。",
        )


def _value(environ: Mapping[str, str], name: str) -> str:
    file = environ.get(f"{name}_FILE")
    if not file:
        return environ.get(name, "").strip()
    if environ.get(name):
        raise ConfigProblem(
            english=f"Both {name} and {name}_FILE are set; only one may be.",
            chinese=f"{name} 与 {name}_FILE 同时存在，只能设置其中一个。",
        )
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigProblem(
            english=f"{name}_FILE names {file}, which cannot be read: {error}.",
            chinese=f"{name}_FILE 指定的文件 {file} 无法读取：{error}。",
        ) from error


def _database_url(text: str | None) -> str | None:
    if text is None:
        return None
    parts = urlsplit(text.replace("[", "%5B").replace("]", "%5D"))  # Brackets of an IPv6 address are no port.
    hosts = parts.netloc.rpartition("@")[2].split(",")
    if parts.scheme in ("postgresql", "postgres") and all(_HOST.fullmatch(host) for host in hosts):
        return text
    # The value itself is not repeated: it may hold a password.
    raise ConfigProblem(
        english="DATABASE_URL must look like postgresql://user:password@host:5432/database",
        chinese="DATABASE_URL 的格式应为 postgresql://用户:密码@主机:5432/数据库",
    )


def _path(text: str | None) -> Path | None:
    return Path(text).absolute() if text else None


def _number(name: str, text: str, *, least: int, most: int) -> int:
    if text.isascii() and text.isdecimal() and least <= int(text) <= most:
        return int(text)
    raise ConfigProblem(
        english=f"{name} must be a whole number from {least} to {most}, not {text!r}.",
        chinese=f"{name} 必须是 {least} 到 {most} 之间的整数，而不是 {text!r}。",
    )


def _choice(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text in choices:
        return text
    raise ConfigProblem(
        english=f"{name} must be one of {', '.join(choices)}, not {text!r}.",
        chinese=f"{name} 必须是 {'、'.join(choices)} 之一，而不是 {text!r}。",
    )
