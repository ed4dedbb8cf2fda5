"""A programme has two logs: of what was posted or refused, and of who did and read what."""

from enum import StrEnum


class LogKind(StrEnum):
    """Journals and audit logs are sealed alike, each in an order and under a name of its own."""

    JOURNAL = "journal"
    AUDIT = "audit"
