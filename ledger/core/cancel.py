"""Cancel: stands in for a call whose answer was lost, under that call's key, so that a late arrival is refused."""

from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Cancel
from ledger.core.refusal import Reason, Refused


def needs(cancel: Cancel, prior: Prior) -> Needs:
    return Needs()


def decide(cancel: Cancel, book: Book) -> Decision:
    """Always a refusal: nothing moves, but the key is taken for ever."""
    raise Refused(Reason.CANCELLED_BEFORE_ARRIVAL)
