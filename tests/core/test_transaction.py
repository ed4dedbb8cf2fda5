"""Transactions balance in every unit, and a fingerprint is of what was sent."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.command import Award, Receive, Request
from ledger.core.transaction import Entry, fingerprint, is_balanced
from tests.village import DAY, gift, receive

units = st.sampled_from(("points", "gift", "item:soap"))
legs = st.tuples(units, st.integers(-50, 50).filter(bool))


@given(st.lists(legs, min_size=1, max_size=8))
def test_closing_every_unit_balances_and_one_more_point_does_not(sent: list[tuple[str, int]]) -> None:
    entries = [Entry("hh_1", "main", unit, amount) for unit, amount in sent]
    open_units = {unit: sum(amount for other, amount in sent if other == unit) for unit, _ in sent}
    closed = [*entries, *(Entry("programme", "redeemed", unit, -rest) for unit, rest in open_units.items() if rest)]
    assert is_balanced(closed) == (len(closed) >= 2)
    assert not is_balanced([*closed, Entry("hh_2", "main", "points", 1)])


def test_one_unit_does_not_pay_for_another() -> None:
    assert not is_balanced([Entry("hh_1", "main", "points", 5), Entry("programme", "redeemed", "gift", -5)])
    assert not is_balanced([])
    assert not is_balanced([Entry("hh_1", "main", "points", 0), Entry("hh_2", "main", "points", 0)])
    assert not is_balanced(
        [Entry("hh_1", "main", "points", 5), Entry("programme", "x", "points", -5), Entry("a", "b", "c", 0)]
    )


def test_a_fingerprint_tells_requests_apart_and_forgets_who_asked() -> None:
    request = Request("village", "person:a", "key", gift())
    changed = (
        msgspec.structs.replace(request, programme="town"),
        msgspec.structs.replace(request, command=gift("hh_2")),
        msgspec.structs.replace(request, command=receive(3)),
        msgspec.structs.replace(request, effective_on=DAY),
    )
    assert len({fingerprint(other) for other in (request, *changed)}) == 5
    assert fingerprint(request) == fingerprint(msgspec.structs.replace(request, principal="person:b", key="other"))


def test_a_fingerprint_is_of_what_was_sent_not_of_what_was_filled_in() -> None:
    sent = Award("plenty", "hh_1", gift().facts)
    filled = Request("village", "person:a", "key", gift("hh_3"), sent=sent)
    assert fingerprint(filled) == fingerprint(Request("village", "person:a", "key", sent))
    assert fingerprint(filled) != fingerprint(Request("village", "person:a", "key", Receive("out_shop", "soap", 1)))
