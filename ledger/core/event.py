"""The types of events.yaml: what may be reported, by whom, and which facts a report must bring."""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.title import Note, Slug, Title


class Reporter(enum.StrEnum):
    """Who may report that something happened."""

    RESIDENT = "resident"
    LEADER = "leader"
    WORKER = "worker"
    MERCHANT = "merchant"
    SYSTEM = "system"


class Event(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One kind of thing that happens; the rulebook's rules name it."""

    id: Slug
    title: Title
    by: Annotated[tuple[Reporter, ...], Meta(min_length=1, max_length=5)]
    facts: Annotated[tuple[Slug, ...], Meta(max_length=50)] = ()
    assumption: Note | None = None


class Events(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All kinds of events of one programme."""

    events: Annotated[tuple[Event, ...], Meta(max_length=500)]
    source: Note | None = None
