"""Which six digits anybody would try first, each pattern by itself, and that the others are left to choose from."""

import pytest

from ledger.core.pin import is_easy_to_guess, is_pin


@pytest.mark.parametrize(
    "pin",
    [
        "000000", "123456", "890123", "987654", "210987",  # the same, one up, one down, over the nine
        "121212", "123123", "123321", "111222", "112233", "669911",  # pairs, triples, mirrors, runs of the same
        "147258", "520131", "314159",  # ways over the keys, wishes, numbers from school
    ],
)  # fmt: skip
def test_a_pattern_is_easy_to_guess(pin: str) -> None:
    assert is_easy_to_guess(pin)


@pytest.mark.parametrize("pin", ["193746", "112235", "111223", "123132", "121213", "135790", "975310", "147259"])
def test_what_only_begins_like_a_pattern_is_not(pin: str) -> None:
    assert not is_easy_to_guess(pin)


@pytest.mark.parametrize(
    ("text", "is_so"),
    [("000000", True), ("12345", False), ("1234567", False), ("12345a", False), ("１２３４５６", False)],
)
def test_a_pin_has_six_digits(text: str, is_so: bool) -> None:
    assert is_pin(text) is is_so
