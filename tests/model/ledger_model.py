"""The whole model: reversals, and one answer for ever under each key. Shares no code with `ledger.core`."""

import copy
import dataclasses
from datetime import date, timedelta
from typing import Any, NamedTuple

from tests.model.books import EARNED, WITH_DAYS, Move, No, Policy, Posted, Where, skip_and_take
from tests.model.goods import Goods
from tests.model.points import counted_back, usual_day

REVERSIBLE = (
    "award", "redeem", "receive", "donate", "deduct", "transfer", "adjust", "open", "count", "write_off", "move",
    "return", "settle", "split", "reset", "late_sale", "bonus", "rerate",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a caller is told: the numbers of the transactions, or a word with numbers."""

    posted: tuple[int, ...] = ()
    word: str = ""
    numbers: dict[str, object] = dataclasses.field(default_factory=dict)


class Asked(NamedTuple):
    """A call in the model's own words."""

    verb: str
    arguments: dict[str, Any]
    booked_on: date | None = None


class Model(Goods):
    """Asked the same questions as the ledger, it must say the same."""

    def __init__(self, owners: dict[str, str], today: date, policy: Policy | None = None) -> None:
        super().__init__(owners, today, policy)
        self.answers: dict[str, tuple[Asked, Answer]] = {}

    def ask(self, key: str, asked: Asked) -> Answer:
        """Ours for ever: a second call under the key hears the same, another request is told so."""
        if key in self.answers:
            before, answer = self.answers[key]
            if before == asked or answer.word == "cancelled_before_arrival":
                return answer
            return Answer(word="idempotency_key_reused")
        if asked.verb == "group":
            answer = self._group(asked.arguments["parts"], asked.booked_on)
        else:
            answer = self._one(asked, asked.booked_on)
        self.answers[key] = asked, answer
        return answer

    def close_books(self, through: date) -> bool:
        """Whether they may be closed: only days that are over, and none twice."""
        if through >= self.today or (self.closed_through is not None and through <= self.closed_through):
            return False
        self.closed_through = through
        return True

    def _open_day(self, wanted: date | None) -> date:
        day = min(wanted or self.today, self.today)
        return day if self.closed_through is None else max(day, self.closed_through + timedelta(days=1))

    def _one(self, asked: Asked, booked_on: date | None) -> Answer:
        try:
            posted: Posted = getattr(self, asked.verb)(**asked.arguments)
        except No as no:
            return Answer(word=no.word, numbers=no.numbers)
        self.apply(posted.moves)
        for counter, number in posted.counted.items():
            self.used[counter] = max(0, self.used[counter] + number)
        posted.booked_on = self._open_day(booked_on)
        posted.happened_on = posted.happened_on or booked_on
        self.posted.append(posted)
        return Answer((len(self.posted) - 1,))

    def _group(self, parts: tuple[Asked, ...], booked_on: date | None) -> Answer:
        """All or nothing; a group of one is that one."""
        before = copy.deepcopy((self.purses, self.used, self.posted))
        posted: list[int] = []
        for place, part in enumerate(parts):
            answer = self._one(part, booked_on)
            if answer.word:
                self.purses, self.used, self.posted = before
                item = {"item": place} if len(parts) > 1 else {}
                return Answer(word=answer.word, numbers={**answer.numbers, **item})
            posted += answer.posted
        return Answer(tuple(posted))

    def cancel(self) -> Posted:
        raise No("cancelled_before_arrival")

    def reverse(self, of: int | None, amount: int | None) -> Posted:
        source = self.following(of, *REVERSIBLE)
        left = source.left
        if amount is not None and source.verb not in EARNED:
            raise No("wrong_kind", kind=source.verb)
        if not left or source.pieces_back or source.ended not in (None, "activate"):
            raise No("already_reversed")
        if amount is not None and amount > left:
            raise No("more_than_there_was", required=amount, left=left)
        for shelf in dict.fromkeys(move.where for move in source.moves if move.where.purse == "stock"):
            arrived = sum(move.amount for move in source.moves if move.where == shelf)
            self._must_stand_there(shelf.owner, shelf.unit.removeprefix("item:"), arrived)
        amount = left if amount is None else amount
        counted = counted_back(source, amount, is_last=amount == left)
        undone = self._undone(source, amount)
        self.must_be_open(undone)
        source.undone += amount
        if source.verb == "rerate" and source.of is not None:
            self.posted[source.of].reratings -= 1
        if source.is_open and amount == left:
            source.ended = "reverse"
        return Posted("reverse", self.today, undone, owner=source.owner, counted=counted)

    def _undone(self, source: Posted, amount: int) -> list[Move]:
        """Taken back bit by bit, so that what one bit takes is gone for the next."""
        moves: list[Move] = []
        stretch = source.moves
        if source.verb in EARNED:
            credits = skip_and_take(source.credits, source.undone, amount)
            stretch = [move for credit in credits for move in (credit, self._issued(source, credit))]
        for move in reversed(stretch):
            bit = self._inverse(source, move)
            self.apply(bit)
            moves += bit
        self.apply([move._replace(amount=-move.amount) for move in moves])
        return moves

    def _issued(self, award: Posted, credit: Move) -> Move:
        issuer = next(move.where for move in award.moves if move.where.unit == credit.where.unit and move.amount < 0)
        return Move(issuer, -credit.amount)

    def _inverse(self, source: Posted, move: Move) -> list[Move]:
        where, amount, day = move
        if where.purse == "pending" and source.ended == "activate":
            where, day = where._replace(purse="main"), self.good_until(source, where.unit)
        if where.purse == "debt" and amount < 0:
            return self.credit(where.owner, where.unit, -amount, usual_day(where.unit, self.today))
        if where.purse != "main" or where.purse not in WITH_DAYS:
            return [Move(where, -amount)]
        if amount < 0:
            return [Move(where, -amount, self.graced(day))]
        return self.take_back(where, amount, day)

    def balances(self) -> dict[Where, dict[date, int]]:
        """Every purse that holds something, with its days where it has days."""
        return {where: dict(days) for where, days in self.purses.items() if any(days.values())}
