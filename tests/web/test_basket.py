"""What stands in the address of a sale: read and written back, bounded, and scanned as people scan."""

import pytest

from ledger.core.mask import mask_number
from ledger.web.basket import LINES_MAX, PIECES_MAX, read_basket, read_scan, with_pieces, write_basket


def test_a_basket_comes_back_as_it_was_written() -> None:
    assert read_basket(write_basket({"soap": 2, "tea-bag": 1})) == {"soap": 2, "tea-bag": 1}
    assert read_basket("") == {} and write_basket({}) == ""
    assert read_basket("soap.2,soap.3") == {"soap": 5}


def test_pieces_are_added_and_taken_out_within_bounds() -> None:
    assert with_pieces({"soap": 1}, "soap", -1) == {}
    assert with_pieces({"soap": 1}, "soap", -5) == {}
    assert with_pieces({"soap": PIECES_MAX}, "soap", 1) == {"soap": PIECES_MAX}
    full = {f"item-{number}": 1 for number in range(LINES_MAX)}
    assert with_pieces(full, "one-more", 1) == full
    assert with_pieces(full, "item-0", 1)["item-0"] == 2


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("soap", (1, "soap")), ("3*soap", (3, "soap")), ("3 x soap", (3, "soap")), ("３＊soap", (3, "soap")),
        ("12×soap\r", (12, "soap")), ("0*soap", (1, "0*soap")), ("*", (1, "*")),
    ],
)  # fmt: skip
def test_a_scan_is_read_as_meant(typed: str, meant: tuple[int, str]) -> None:
    assert read_scan(typed) == meant


def test_numbers_are_masked() -> None:
    assert [mask_number(number) for number in ("140881-0001234", "12", "")] == ["…1234", "", ""]
