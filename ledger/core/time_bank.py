"""The time bank: who may use saved hours, who may be given them, and that they never buy goods."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.refusal import Reason, Refused


class Relation(enum.StrEnum):
    """What the receiver is to the giver."""

    SELF = "self"
    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    SIBLING = "sibling"
    OTHER = "other"


LINEAL = (Relation.PARENT, Relation.CHILD, Relation.GRANDPARENT, Relation.GRANDCHILD)


class TimeBank(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Saved minutes serve their owner from an age on, pass to some relatives, and may always be donated."""

    use_from_age: Annotated[int, Meta(ge=0, le=120)] = 0
    use_by: Annotated[tuple[Relation, ...], Meta(min_length=1, max_length=8)] = (Relation.SELF,)
    give_to: Annotated[tuple[Relation, ...], Meta(max_length=8)] = ()


def refuse_use(bank: TimeBank, user: Relation, user_age: int) -> None:
    """An hour is used by the owner or those whom the programme names, once they are old enough."""
    if user not in bank.use_by:
        raise Refused(Reason.NOT_ELIGIBLE, fact="relation", wanted="|".join(bank.use_by), found=user.value)
    if user_age < bank.use_from_age:
        raise Refused(Reason.NOT_ELIGIBLE, fact="person.age", wanted=str(bank.use_from_age), found=str(user_age))


def refuse_gift(bank: TimeBank, receiver: Relation) -> None:
    """An hour is given only to those whom the programme names."""
    if receiver not in bank.give_to:
        raise Refused(Reason.NOT_ELIGIBLE, fact="relation", wanted="|".join(bank.give_to), found=receiver.value)
