"""Who sees what of a person: one table of facts and roles, asked by every answer that a name or a number stands in.

What lies about on paper, or is shown where others look on (counters, notices, cards, receipts), is masked for
everybody, and so is what a person is told of others. Whoever asks for its own sees it whole.
"""

import enum
from collections.abc import Mapping

from ledger.core.mask import mask_name, mask_number
from ledger.hall.access import Role
from ledger.hall.call import Call


class Fact(enum.StrEnum):
    """What is personal in an answer."""

    NAME = "name"
    PHONE = "phone"
    CARD_NUMBER = "card_number"
    STAFF_NAME = "staff_name"
    CONTACT = "contact"


class Sight(enum.Enum):
    WHOLE = "whole"
    MASKED = "masked"
    HIDDEN = "hidden"


_W, _M, _H = Sight.WHOLE, Sight.MASKED, Sight.HIDDEN
_COLUMNS = (Role.ADMIN, Role.OPERATOR, Role.REVIEWER, Role.CASHIER, Role.MERCHANT, Role.RESIDENT, Role.AUDITOR)
_ROWS = {
    #                 admin  op  rev  till shop res  auditor
    Fact.NAME:        (_W,  _W,  _W,  _M,  _M,  _M,  _M),
    Fact.PHONE:       (_W,  _W,  _W,  _H,  _H,  _H,  _H),
    Fact.CARD_NUMBER: (_W,  _W,  _W,  _M,  _M,  _M,  _M),
    Fact.STAFF_NAME:  (_W,  _H,  _H,  _H,  _H,  _H,  _M),
    Fact.CONTACT:     (_W,  _W,  _H,  _H,  _W,  _H,  _H),
}  # fmt: skip
SIGHT: Mapping[Fact, Mapping[Role, Sight]] = {
    fact: dict(zip(_COLUMNS, row, strict=True)) for fact, row in _ROWS.items()
}


def see(call: Call, fact: Fact, value: str | None) -> str | None:
    """As the caller may see it; None where there is nothing, or nothing to be seen."""
    if value is None:
        return None
    match _sight(call, fact):
        case Sight.WHOLE:
            return value
        case Sight.MASKED:
            return mask_number(value) if fact is Fact.CARD_NUMBER else mask_name(value)
        case Sight.HIDDEN:
            return None


def sees(call: Call, fact: Fact) -> bool:
    """Whether the caller sees it as it is."""
    return _sight(call, fact) is Sight.WHOLE


def _sight(call: Call, fact: Fact) -> Sight:
    assert call.caller is not None, "nobody's particulars are public"
    if call.caller.role is Role.RESIDENT and not call.sees_all:
        return Sight.WHOLE  # its own, or the guard would not have let it in
    return SIGHT[fact][call.caller.role]
