"""What shops are paid from: the programme's fund, and the name of a statement."""

from typing import Annotated

import msgspec

from ledger.core.balance import AMOUNT_MAX
from ledger.core.title import Note

SettlementId = Annotated[str, msgspec.Meta(pattern=r"^stl_[0-9a-z]{18}$(?!\n)")]


class Fund(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="verb", tag="fund"):
    """Money that comes into the programme's fund, or leaves it again: fen, with the reason."""

    fen: Annotated[int, msgspec.Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
    note: Note
