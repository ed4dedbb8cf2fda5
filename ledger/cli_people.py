"""People who work here, by hand: the first administrator comes to be in this way. Passwords are asked for, never typed
into a command, where the machine would remember them."""

import argparse
import getpass
import re
import sys
from collections.abc import Callable

import msgspec

from ledger.actions.forget_staff import forget_staff, read_staff
from ledger.actions.manage_staff import (
    Newcomer,
    add_staff,
    block_staff,
    grant_role,
    load_staff,
    reset_password,
    withdraw_role,
)
from ledger.cli_administrator import Mistaken, Office, Work, add_place_options, wanted, work_at
from ledger.core.refusal import Reason, Refused
from ledger.core.title import Title
from ledger.db.place import Place
from ledger.db.staff import Staff, find_staff, list_staff

_PAGE = 200
_USER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


def add_people_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    people = commands.add_parser("people", help="people who work here / 工作人员")
    people.add_argument("--node", metavar="ID", help="act for this node, not the root / 以此节点的名义")
    verbs = people.add_subparsers(dest="verb", required=True)
    for verb, words in (
        ("add", "with a first role; asks for a password / 新增，需输入密码"),
        ("role", "give one more role / 授予角色"),
        ("end-role", "take a role away / 收回角色"),
        ("block", "end all sessions, let none begin / 停用"),
        ("unblock", "let them sign in again / 恢复"),
        ("password", "a new one; ends all sessions / 重设密码"),
        ("export", "all that is kept, as JSON / 导出其全部信息"),
        ("erase", "forget for ever; what was done stays / 永久清除其个人信息"),
    ):
        parser = verbs.add_parser(verb, help=words)
        parser.add_argument("user_name", metavar="USER", type=_user_name)
        if verb in ("add", "role"):
            add_place_options(parser)
            parser.add_argument("--area", metavar="SLUG", help="only people of this area / 只限此片区")
        if verb == "add":
            parser.add_argument("--name", help="姓名")
        if verb == "end-role":
            parser.add_argument("role", metavar="ROLE", help="rol_…")
    verbs.add_parser("list", help="with their roles / 列出")


def people_commands(options: argparse.Namespace, place: Place) -> dict[str, Callable[[], int]]:
    verbs: dict[str, Work] = {
        "add": _add,
        "list": _list,
        "role": _give_role,
        "end-role": _take_role,
        "block": _block,
        "unblock": _unblock,
        "password": _set_password,
        "export": _export,
        "erase": _erase,
    }
    return {"people": lambda: work_at(place, options, verbs[options.verb])}


async def _add(office: Office, options: argparse.Namespace) -> None:
    new = Newcomer(options.user_name, _password(), options.name, None, wanted(options))
    staff, _ = await add_staff(office.connection, office.slow, office.by, new)
    _tell(staff)


async def _list(office: Office, _: argparse.Namespace) -> None:
    after = ""
    while page := await list_staff(office.connection, office.by.node, programme=None, after=after, limit=_PAGE):
        for staff in page:
            _tell(staff)
        after = page[-1].id


async def _give_role(office: Office, options: argparse.Namespace) -> None:
    id = await _id(office, options)
    _tell(await grant_role(office.connection, office.by, id, wanted(options), key=office.once()))


async def _take_role(office: Office, options: argparse.Namespace) -> None:
    _tell(await withdraw_role(office.connection, office.by, await _id(office, options), options.role))


async def _block(office: Office, options: argparse.Namespace) -> None:
    _tell(await block_staff(office.connection, office.by, await _id(office, options), is_blocked=True))


async def _unblock(office: Office, options: argparse.Namespace) -> None:
    _tell(await block_staff(office.connection, office.by, await _id(office, options), is_blocked=False))


async def _set_password(office: Office, options: argparse.Namespace) -> None:
    id = await _id(office, options)
    _tell(await reset_password(office.connection, office.slow, office.by, id, _password()))


async def _export(office: Office, options: argparse.Namespace) -> None:
    staff = await load_staff(office.connection, office.by, await _id(office, options))
    kept = await read_staff(office.connection, staff)
    told = {"person": staff.id, "user_name": staff.user_name, "name": staff.name, "node": staff.node, "kept": kept}
    print(msgspec.json.format(msgspec.json.encode(told)).decode())


async def _erase(office: Office, options: argparse.Namespace) -> None:
    staff, _ = await forget_staff(office.connection, office.by, await _id(office, options))
    _tell(staff)


async def _id(office: Office, options: argparse.Namespace) -> str:
    staff = await find_staff(office.connection, user_name=options.user_name)
    if staff is None:
        raise Refused(Reason.NOT_FOUND, person=options.user_name)
    return staff.id


def _password() -> str:
    """Twice at a terminal; one line where something is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password / 密码: ")
    if first != getpass.getpass("Again / 再次输入: "):
        raise Mistaken(Title("两次输入的密码不同。", "The two passwords differ."))
    return first


def _tell(staff: Staff) -> None:
    state = "blocked" if staff.is_blocked else "in office"
    print("  ".join(word for word in (staff.id, staff.user_name, state, staff.node, staff.name) if word))
    for role in staff.roles:
        words = (role.id, role.role, role.node, role.programme, role.owner, role.area)
        print("    " + "  ".join(word for word in words if word))


def _user_name(text: str) -> str:
    if _USER_NAME.fullmatch(text):
        return text
    raise argparse.ArgumentTypeError("a-z 0-9 . _ -")
