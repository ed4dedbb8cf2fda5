"""Problems: every word has its status and both languages, and every sentence can be said with the numbers given."""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.refusal import Reason
from ledger.hall.fault import Fault
from ledger.hall.fault_words import FAULTS
from ledger.hall.reason_words import REASONS
from ledger.hall.words import Words, preferred_language, tell

LEDGER = Path(__file__).parent.parent / "ledger"

# The status of every reason, stated again so that a change is seen: callers branch on it.
STATUSES = {
    Reason.NOT_FOUND: 404,
    Reason.UNKNOWN_RULE: 422,
    Reason.UNKNOWN_ITEM: 422,
    Reason.UNKNOWN_OFFER: 422,
    Reason.ACCOUNT_CLOSED: 409,
    Reason.ALREADY_REVERSED: 409,
    Reason.NOT_REVERSIBLE: 409,
    Reason.CANCELLED_BEFORE_ARRIVAL: 409,
    Reason.IDEMPOTENCY_KEY_REUSED: 422,
    Reason.RULE_NOT_IN_FORCE: 422,
    Reason.LABEL_CHANGED: 409,
    Reason.VERSION_FROZEN: 409,
    Reason.ALREADY_AWARDED: 409,
    Reason.REFERENCE_TAKEN: 409,
    Reason.NOT_OPEN: 409,
    Reason.NOT_DUE: 409,
    Reason.WRONG_KIND: 409,
    Reason.NOTHING_TO_POST: 409,
    Reason.OUTLET_CLOSED: 422,
    Reason.PERIOD_CLOSED: 409,
    Reason.SECOND_APPROVER_NEEDED: 422,
    Reason.MORE_THAN_THERE_WAS: 422,
    Reason.CARD_UNKNOWN: 404,
    Reason.CARD_PENDING: 409,
    Reason.CARD_BLOCKED: 409,
    Reason.CARD_REPLACED: 409,
    Reason.CARD_IN_USE: 409,
    Reason.NUMBER_TAKEN: 409,
    Reason.HELPER_ENDED: 409,
    Reason.HELPER_IN_OFFICE: 409,
    Reason.NOT_A_HELPER: 422,
    Reason.STILL_OPEN: 409,
    Reason.STILL_HOLDING: 409,
    Reason.SERIES_IN_USE: 409,
    Reason.VOUCHER_UNKNOWN: 404,
    Reason.VOUCHER_PENDING: 409,
    Reason.VOUCHER_REDEEMED: 409,
    Reason.VOUCHER_VOID: 409,
    Reason.VOUCHER_LAPSED: 422,
    Reason.NOT_A_MEMBER: 422,
    Reason.NOT_ELIGIBLE: 422,
    Reason.WRONG_HOLDER: 422,
    Reason.RIGHTS_SUSPENDED: 422,
    Reason.CONFLICT_OF_INTEREST: 422,
    Reason.UNKNOWN_FACT: 422,
    Reason.BELOW_LEAST: 422,
    Reason.CASH_NOT_ACCEPTED: 422,
    Reason.EVIDENCE_MISSING: 422,
    Reason.FACT_MISSING: 422,
    Reason.UNKNOWN_CHOICE: 422,
    Reason.DECISION_OUT_OF_RANGE: 422,
    Reason.NOTHING_EARNED: 422,
    Reason.LIMIT_REACHED: 422,
    Reason.PIN_NEEDED: 422,
    Reason.TERMINAL_BLOCKED: 409,
    Reason.NO_SHIFT_OPEN: 409,
    Reason.SHIFT_OPEN: 409,
    Reason.DIFFERENCE_UNEXPLAINED: 422,
    Reason.TILL_SHORT: 422,
    Reason.BEYOND_BOUND: 422,
    Reason.SINGLE_PIECE: 409,
    Reason.DONATION_UNKNOWN: 422,
    Reason.NOT_UNDER_REVIEW: 409,
    Reason.APPROVALS_MISSING: 422,
    Reason.APPEALED_BEFORE: 409,
    Reason.OBJECTION_DECIDED: 409,
    Reason.EVIDENCE_USED: 409,
    Reason.EVIDENCE_UNREADABLE: 422,
    Reason.EVIDENCE_TOO_LARGE: 422,
    Reason.TOO_MUCH_EVIDENCE: 422,
    Reason.HOURS_COUNTED: 409,
    Reason.SHEET_CLOSED: 409,
    Reason.LIST_CLOSED: 409,
    Reason.LIST_FULL: 409,
    Reason.SIGNATURE_WRONG: 401,
    Reason.EVENT_OUT_OF_TIME: 401,
    Reason.EVENT_NOT_MAPPED: 422,
    Reason.INSUFFICIENT_POINTS: 422,
    Reason.OUT_OF_STOCK: 422,
    Reason.AMOUNT_TOO_LARGE: 422,
    Reason.MERCHANT_NOT_ACTIVE: 409,
    Reason.REFUND_WINDOW_OVER: 422,
    Reason.WRONG_STEP: 409,
    Reason.NO_RATE_IN_FORCE: 422,
    Reason.NOTHING_TO_SETTLE: 409,
    Reason.CODE_LAPSED: 409,
    Reason.PIN_WRONG: 422,
    Reason.PIN_LOCKED: 429,
    Reason.PIN_NOT_SET: 422,
    Reason.PIN_TOO_EASY: 422,
    Reason.SIGN_IN_WRONG: 401,
    Reason.SIGN_IN_LOCKED: 429,
    Reason.PASSWORD_WEAK: 422,
    Reason.NO_ROLE: 403,
    Reason.NO_SESSION: 409,
    Reason.SESSION_RENEWED: 409,
    Reason.OUT_OF_REACH: 403,
    Reason.ROLE_MISPLACED: 422,
    Reason.USER_NAME_TAKEN: 409,
}


def refusals() -> Iterator[tuple[str, Reason, tuple[str, ...]]]:
    """Every place that raises `Refused(Reason.X, name=…)`, with the names of its numbers."""
    for path in sorted(LEDGER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused" and node.args):
                continue
            reason = node.args[0]
            assert isinstance(reason, ast.Attribute), f"{path}:{node.lineno} names its reason outright"
            names = tuple(keyword.arg for keyword in node.keywords if keyword.arg is not None)
            yield f"{path.relative_to(LEDGER)}:{node.lineno}", Reason[reason.attr], names


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_reason_has_its_status_and_words() -> None:
    assert {reason: words.status for reason, words in REASONS.items()} == STATUSES
    assert set(STATUSES) == set(Reason)
    assert set(FAULTS) == set(Fault)


@pytest.mark.parametrize("words", [*REASONS.values(), *FAULTS.values()], ids=lambda words: words.title.en)
def test_both_languages_say_the_same_numbers(words: Words) -> None:
    assert words.title.zh
    assert words.title.en
    assert words.details
    for detail in words.details:
        assert detail.zh.isascii() is False
        assert detail.en.isascii() is True
        assert names_in(detail.zh) == names_in(detail.en)


@pytest.mark.parametrize(("place", "reason", "names"), list(refusals()), ids=str)
def test_every_refusal_finds_a_sentence_for_its_numbers(place: str, reason: Reason, names: tuple[str, ...]) -> None:
    words = REASONS[reason]
    told = tell(words, dict.fromkeys(names, 7), "en")
    assert told != words.title.en, f"{place}: no sentence of {reason} can be said with {names}"


def test_no_sentence_is_out_of_reach() -> None:
    given: dict[Reason, list[set[str]]] = {}
    for _, reason, names in refusals():
        given.setdefault(reason, []).append(set(names))
    for reason, sets in given.items():
        for detail in REASONS[reason].details:
            assert any(names_in(detail.en) <= names for names in sets), (reason, detail.en)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh"),
        ("en", "en"),
        ("en-US,en;q=0.9,zh;q=0.1", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr, en;q=0.2", "en"),
        ("de", "zh"),
        ("en;q=0", "zh"),
        ("en;q=nonsense", "zh"),
        ("*", "zh"),
        ("en;q=nan", "zh"),
        ("zh;q=0.3, en;q=0.3", "zh"),
    ],
)
def test_the_language_that_ranks_higher_is_used(accepted: str, language: str) -> None:
    assert preferred_language(accepted) == language


def test_a_list_of_numbers_is_told_item_by_item() -> None:
    words = REASONS[Reason.EVIDENCE_MISSING]
    told = tell(words, {"rule": "sweep", "missing": ["photos", "place"]}, "zh")
    assert told == "规则 sweep 还需要:photos、place。请补充后重试。"
