"""After a loss of everything but the backup: every balance and every answer must be what it was."""

import shutil
from pathlib import Path

from bench.demo.caller import BASE, Body, Caller, Sent
from bench.demo.people import Residents
from bench.demo.proof import must, must_equal
from bench.demo.running import Running
from bench.demo.shelf import SUPERMARKET
from bench.demo.words import say, show

SEAL_KEY = "seal.key"
Snapshot = dict[str, Body]


def back_up(running: Running, file: Path) -> None:
    """While the service runs."""
    ended = running.run("backup", file)
    must_equal(ended.code, 0, f"the backup's exit code ({ended.said})")
    must(file.stat().st_size > 0, "the backup has a content")
    show(f"points-ledger backup {file.name}: {file.stat().st_size // 1024} KiB")
    shutil.copy2(running.folder / SEAL_KEY, file.with_name(SEAL_KEY))
    say("封存私钥另存一处：不在备份里", "the key that seals is kept elsewhere: it is in no backup")


def lose_everything(running: Running) -> None:
    running.kill()
    running.destroy()
    must(not running.folder.exists(), "the data folder is gone")
    say("断电(kill -9),数据目录全部删除", "power cut (kill -9), and the data folder is destroyed")


def bring_back(running: Running, file: Path) -> None:
    ended = running.run("restore", file)
    must_equal(ended.code, 0, f"the restore's exit code ({ended.said})")
    shutil.copy2(file.with_name(SEAL_KEY), running.folder / SEAL_KEY)
    running.start()
    say("从备份恢复并重新启动", "restored from the backup and started again")


def take_snapshot(caller: Caller, residents: Residents, others: list[str]) -> Snapshot:
    """Balances with their account versions, by the address they were asked at."""
    owners = [person.id for person in residents.everyone] + [residents.rider.id, *others]
    paths = [f"accounts/{owner}/balances" for owner in owners]
    paths += [f"accounts/{residents.rider.id}/statement", f"outlets/{SUPERMARKET}/stock", "publications"]
    return {path: caller.get(path) for path in paths}


def compare(caller: Caller, before: Snapshot, journalled: list[Sent]) -> None:
    """Every call of the month, sent again under its key, answers the same bytes and moves nothing."""
    for sent in journalled:
        again = caller.post(sent.path, sent.body, key=sent.key, role=sent.role)
        must(again.is_replayed, f"{sent.key} is a replay after the restore")
        must_equal(
            (again.status, again.lasting), (sent.answer.status, sent.answer.lasting), f"the answer to {sent.key}"
        )
    for path, body in before.items():
        must_equal(caller.get(path), body, f"GET {BASE}/{path} after the restore")
    balances = sum(path.endswith("balances") for path in before)
    say(
        f"{len(journalled)} 个旧请求重发,应答相同;{balances} 个账户的余额与版本一致",
        f"{len(journalled)} earlier calls sent again answer the same; {balances} accounts are as they were",
    )
