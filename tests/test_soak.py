"""`make soak` adds the pieces up as they are, and says green only when everything asked for was reached."""

from pathlib import Path

import msgspec
import pytest

from tests.soak import Piece, Programme, Record, added_up, tell

KILLS = Programme("Q5", "tests/test_kill.py", 200, pieces=2)


def piece(number: int, figure: str, *, is_green: bool = True) -> Piece:
    return Piece("Q5", number, 7, "source", is_green, 10.0, [("Q5", figure), ("Q1", "9 steps")])


def test_sentences_that_differ_in_numbers_only_are_added_up() -> None:
    assert added_up(["90 of 100 noticed", "8 of 10 noticed", "3 found"]) == ["98 of 110 noticed", "3 found"]


@pytest.mark.parametrize(
    ("pieces", "is_green", "says"),
    [
        ([piece(0, "150 killed, 0 lost"), piece(1, "50 killed, 0 lost")], True, "200 killed, 0 lost"),
        ([piece(0, "150 killed, 0 lost"), piece(1, "49 killed, 0 lost")], False, "199 killed"),
        ([piece(0, "150 killed, 0 lost"), piece(1, "50 killed, 0 lost", is_green=False)], False, "RED"),
        ([], False, "nothing yet"),
    ],
    ids=["reached", "too few", "a red piece", "nothing"],
)
def test_green_is_what_was_asked_for_without_a_red_piece(pieces: list[Piece], is_green: bool, says: str) -> None:
    told = tell(KILLS, pieces)
    assert told[0] is is_green
    assert says in told[1]


def test_a_figure_may_be_told_by_the_pieces_of_another() -> None:
    steps = Programme("Q1", "tests/test_model.py", 18, found_in="Q5")
    assert "18 steps" in tell(steps, [piece(0, "1 killed"), piece(1, "1 killed")])[1]


def test_what_was_done_for_another_ledger_does_not_count(tmp_path: Path) -> None:
    record = Record(tmp_path, "source")
    record.add(piece(0, "1 killed", is_green=False))
    record.add(msgspec.structs.replace(piece(1, "1 killed"), source="older"))
    record.add(piece(0, "2 killed"))
    assert record.pieces() == {("Q5", 0): piece(0, "2 killed")}
