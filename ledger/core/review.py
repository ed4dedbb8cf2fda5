"""Who may approve an activity, how often, and that nobody approves for himself."""

import enum
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.refusal import Reason, Refused


class Verifier(enum.StrEnum):
    """Who looks at an activity before it counts."""

    GROUP_LEADER = "group_leader"
    GRID_WORKER = "grid_worker"
    WORKER = "worker"
    COMMITTEE = "committee"
    PANEL = "panel"
    PUBLISHER = "publisher"
    PEERS = "peers"
    SUPERVISORS = "supervisors"
    DATA_MATCH = "data_match"


class MoreAbove(Struct, frozen=True, forbid_unknown_fields=True):
    """Above this many points, so many approvals."""

    points: Annotated[int, Meta(ge=0, le=1_000_000)]
    approvals: Annotated[int, Meta(ge=1, le=10)]


class Review(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The approvals that a rule asks for; every one by a different person, none by the person or the family."""

    by: Annotated[tuple[Verifier, ...], Meta(min_length=1, max_length=9)]
    approvals: Annotated[int, Meta(ge=1, le=10)] = 1
    more_above: MoreAbove | None = None
    may_be_family: bool = False


class Reviewer(Struct, frozen=True):
    """A person who looks at an activity, in one capacity; `member` and `kin` are as declared for the programme."""

    person: str
    capacity: Verifier
    household: str | None = None
    member: str | None = None
    kin: tuple[str, ...] = ()


class Reviewed(Struct, frozen=True):
    """Whom the activity is about: the person who did it, the household, and who recorded it."""

    person: str | None = None
    household: str | None = None
    recorded_by: str | None = None


def approvals_needed(review: Review | None, points: int) -> int:
    """How many different people must approve."""
    if review is None:
        return 0
    if review.more_above is not None and points > review.more_above.points:
        return max(review.approvals, review.more_above.approvals)
    return review.approvals


def refuse_reviewer(review: Review, reviewer: Reviewer, about: Reviewed, approved_by: Sequence[str] = ()) -> None:
    """Refuses in this order: capacity, oneself, one's household, declared kin, a second time."""
    if reviewer.capacity not in review.by:
        raise Refused(Reason.NOT_ELIGIBLE, fact="reviewer", wanted="|".join(review.by), found=reviewer.capacity.value)
    is_self = reviewer.person in (about.person, about.recorded_by)
    if is_self or (reviewer.member is not None and reviewer.member == about.person):
        raise Refused(Reason.CONFLICT_OF_INTEREST, reviewer=reviewer.person, about="self")
    is_family = reviewer.household is not None and reviewer.household == about.household
    if is_family and not review.may_be_family:
        raise Refused(Reason.CONFLICT_OF_INTEREST, reviewer=reviewer.person, about="household")
    is_kin = about.person in reviewer.kin or about.household in reviewer.kin
    if is_kin and not review.may_be_family:
        raise Refused(Reason.CONFLICT_OF_INTEREST, reviewer=reviewer.person, about="kin")
    if reviewer.person in approved_by:
        raise Refused(Reason.CONFLICT_OF_INTEREST, reviewer=reviewer.person, about="again")
