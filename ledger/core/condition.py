"""Conditions: what must be so before a rule, a bonus or a multiplier counts."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.activity import Facts
from ledger.core.fact import Answer, Fact, FactType, fact_of
from ledger.core.title import FactRef, Slug


class Condition(
    Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"is_": "is", "in_": "in", "from_": "from", "any_": "any"},
):
    """One test of one fact, or `any` of several conditions."""

    fact: FactRef | None = None
    is_: bool | Slug | None = None
    in_: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=100)] | None = None
    not_in: Annotated[tuple[Slug, ...], Meta(min_length=1, max_length=100)] | None = None
    at_least: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    at_most: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    from_: date | None = None
    before: date | None = None
    any_: "Annotated[tuple[Condition, ...], Meta(min_length=2, max_length=20)] | None" = None

    def __post_init__(self) -> None:
        tests = tests_of(self)
        if self.any_ is not None and (self.fact is not None or tests):
            raise ValueError("any 与 fact 不能同时写 / `any` stands alone, without a fact beside it")
        if self.any_ is None and (self.fact is None or not tests):
            raise ValueError("条件须写明 fact 和要求 / a condition names a `fact` and what it must be")


class Missed(Struct, frozen=True, omit_defaults=True, tag_field="step", tag="missed"):
    """A condition that did not hold: what was wanted and what was found. `of` says what it would have brought."""

    fact: str
    test: str
    wanted: str
    found: str = ""
    of: str = ""


_TYPES = {
    "is": (FactType.CHOICE, FactType.FLAG),
    "in": (FactType.CHOICE,),
    "not_in": (FactType.CHOICE,),
    "at_least": (FactType.QUANTITY,),
    "at_most": (FactType.QUANTITY,),
    "from": (FactType.DAY,),
    "before": (FactType.DAY,),
}


def missed(conditions: tuple[Condition, ...], facts: Facts) -> Missed | None:
    """The first condition that does not hold; None when all of them do."""
    for condition in conditions:
        if condition.any_ is not None:
            tried = [missed((choice,), facts) for choice in condition.any_]
            if all(tried):
                return tried[0]
            continue
        assert condition.fact is not None, "a condition without `any` has a fact"
        answer = fact_of(facts, condition.fact)
        for test, wanted in tests_of(condition):
            if answer is None or not _holds(test, wanted, answer):
                found = "" if answer is None else _shown(answer)
                return Missed(condition.fact, test, _shown(wanted), found)
    return None


def tests_of(condition: Condition) -> tuple[tuple[str, object], ...]:
    """The tests that the condition makes of its fact, each as (word, wanted)."""
    written = (
        ("is", condition.is_),
        ("in", condition.in_),
        ("not_in", condition.not_in),
        ("at_least", condition.at_least),
        ("at_most", condition.at_most),
        ("from", condition.from_),
        ("before", condition.before),
    )
    return tuple((test, wanted) for test, wanted in written if wanted is not None)


def wrong_test(condition: Condition, fact: Fact) -> str | None:
    """The first test that does not fit the fact's type or names a choice that it does not have."""
    for test, wanted in tests_of(condition):
        if fact.type not in _TYPES[test]:
            return test
        if isinstance(wanted, bool) != (fact.type is FactType.FLAG):
            return test
        words = wanted if isinstance(wanted, tuple) else (wanted,)
        if fact.type is FactType.CHOICE and any(word not in fact.choices for word in words):
            return test
    return None


def _holds(test: str, wanted: object, answer: Answer) -> bool:
    match test:
        case "is":
            return answer == wanted
        case "in":
            return isinstance(wanted, tuple) and answer in wanted
        case "not_in":
            return isinstance(wanted, tuple) and answer not in wanted
        case "at_least":
            return isinstance(wanted, int) and isinstance(answer, int) and answer >= wanted
        case "at_most":
            return isinstance(wanted, int) and isinstance(answer, int) and answer <= wanted
        case "from":
            return isinstance(wanted, date) and isinstance(answer, date) and answer >= wanted
        case _:
            return isinstance(wanted, date) and isinstance(answer, date) and answer < wanted


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "|".join(str(word) for word in value)
    return str(value)
