"""The operating system account PostgreSQL runs as: it refuses to run as root, so root hands over."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import TypedDict

import msgspec

from ledger.db.launch_refusal import LaunchReason, LaunchRefused


class ServerAccount(msgspec.Struct, frozen=True):
    """`switched` says whether we must give up root for it."""

    name: str
    uid: int
    gid: int
    switched: bool


class SpawnOptions(TypedDict, total=False):
    """What subprocess needs to start something as this account, with nothing of ours in its environment."""

    cwd: str
    env: dict[str, str]
    user: int
    group: int
    extra_groups: list[int]


def choose_server_account(cluster_folder: Path) -> ServerAccount:
    """A data folder keeps the account that made it, so that a `postgres` user installed later changes nothing."""
    if os.geteuid() != 0:
        return ServerAccount(name=str(os.geteuid()), uid=os.geteuid(), gid=os.getegid(), switched=False)
    if cluster_folder.exists() and (owner := cluster_folder.stat()).st_uid != 0:
        return ServerAccount(name=str(owner.st_uid), uid=owner.st_uid, gid=owner.st_gid, switched=True)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerAccount(name=name, uid=entry.pw_uid, gid=entry.pw_gid, switched=True)
    raise LaunchRefused(
        LaunchReason.ACCOUNT,
        english="PostgreSQL does not run as root, and neither user 'postgres' nor 'nobody' exists. "
        "Run as an ordinary user, or create one: useradd --system postgres",
        chinese="PostgreSQL 不能以 root 身份运行，而系统中没有 postgres 或 nobody 用户。"
        "请以普通用户运行，或先创建用户：useradd --system postgres",
    )


def spawn_options(account: ServerAccount) -> SpawnOptions:
    """A clean environment: a stray PGHOST, PGDATA or PGOPTIONS of the caller must not reach the server."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"} | kept
    if not account.switched:
        return SpawnOptions(cwd="/", env=env)
    return SpawnOptions(cwd="/", env=env, user=account.uid, group=account.gid, extra_groups=[account.gid])


def may_enter(account: ServerAccount, folder: Path) -> bool:
    """Asked of the kernel, as that account: permission bits alone do not know of ACLs and mount options."""
    if not account.switched:
        return os.access(folder, os.R_OK | os.X_OK)
    try:
        probe = subprocess.run(
            ["/bin/ls", "-d", f"{folder}/."], check=False, capture_output=True, **spawn_options(account)
        )
    except (PermissionError, subprocess.SubprocessError, ValueError) as error:
        raise LaunchRefused(
            LaunchReason.ACCOUNT,
            english=f"Running as root, but switching to user {account.name} is not permitted here ({error}). "
            "Run as an ordinary user.",
            chinese=f"当前以 root 运行，但系统不允许切换到用户 {account.name}（{error}）。请改用普通用户运行。",
        ) from error
    return probe.returncode == 0
