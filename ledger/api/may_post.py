"""Whether a key may post what it sends: by verb, and by whose it is, from the one access table."""

from collections.abc import Sequence

from ledger.core.command import Command, FollowUp
from ledger.core.title import Title
from ledger.hall.access import COMMANDS, LOADED
from ledger.hall.call import Call
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.submit import require_own_transactions


async def require_may_post(call: Call, commands: Sequence[Command], *, is_backdated: bool) -> None:
    """Refuses a list for the first command that its key may not post, before anything of it is begun."""
    assert call.caller is not None, "public routes post nothing"
    role = call.caller.role
    narrow = {kind for kind in {type(command) for command in commands} if role not in COMMANDS[_verb(kind)].all}
    if narrow:
        await _require_own(call, commands, narrow)
    if is_backdated and not call.sees_all:
        raise Faulty(Fault.FORBIDDEN, numbers={"role": role, "verb": "effective_on"})


async def _require_own(call: Call, commands: Sequence[Command], narrow: set[type]) -> None:
    followed: list[str] = []
    for number, command in enumerate(commands):
        if type(command) not in narrow:
            continue
        field = _own_field(call, command, number)
        if field != LOADED:
            named = getattr(command, field)
            await call.require_own(named, **{field: named or "?"})
        elif isinstance(command, FollowUp):
            followed.append(command.transaction)
    await require_own_transactions(call, followed)


def _own_field(call: Call, command: Command, number: int) -> str:
    assert call.caller is not None, "public routes post nothing"
    field = COMMANDS[_verb(type(command))].own.get(call.caller.role)
    if field is None or call.caller.owner is None:
        words = Title("此密钥不能提交", "this key may not post it")
        spot = Spot(words, pointer=f"/commands/{number}/command")
        raise Faulty(Fault.FORBIDDEN, spots=[spot], numbers={"role": call.caller.role, "verb": _verb(type(command))})
    return field


def _verb(kind: type) -> str:
    return str(kind.__struct_config__.tag)  # type: ignore[attr-defined]  # commands are structs
