"""Why a command was refused: a closed list of reasons, each with the numbers that matter."""

import enum

Number = int | str | bool | list[str] | None


class Reason(enum.StrEnum):
    """Callers branch on the word; `problems.py` gives each word its status and its sentences."""

    # find
    NOT_FOUND = "not_found"
    UNKNOWN_RULE = "unknown_rule"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_OFFER = "unknown_offer"
    # state
    ACCOUNT_CLOSED = "account_closed"
    ALREADY_REVERSED = "already_reversed"
    NOT_REVERSIBLE = "not_reversible"
    CANCELLED_BEFORE_ARRIVAL = "cancelled_before_arrival"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    RULE_NOT_IN_FORCE = "rule_not_in_force"
    LABEL_CHANGED = "label_changed"
    VERSION_FROZEN = "version_frozen"
    ALREADY_AWARDED = "already_awarded"
    REFERENCE_TAKEN = "reference_taken"
    NOT_OPEN = "not_open"
    NOT_DUE = "not_due"
    PERIOD_CLOSED = "period_closed"
    OUTLET_CLOSED = "outlet_closed"
    WRONG_KIND = "wrong_kind"
    NOTHING_TO_POST = "nothing_to_post"
    # people and cards
    PIN_NEEDED = "pin_needed"
    CARD_UNKNOWN = "card_unknown"
    CARD_PENDING = "card_pending"
    CARD_BLOCKED = "card_blocked"
    CARD_REPLACED = "card_replaced"
    CARD_IN_USE = "card_in_use"
    NUMBER_TAKEN = "number_taken"
    HELPER_ENDED = "helper_ended"
    HELPER_IN_OFFICE = "helper_in_office"
    NOT_A_HELPER = "not_a_helper"
    STILL_OPEN = "still_open"
    STILL_HOLDING = "still_holding"
    SERIES_IN_USE = "series_in_use"
    VOUCHER_UNKNOWN = "voucher_unknown"
    VOUCHER_PENDING = "voucher_pending"
    VOUCHER_REDEEMED = "voucher_redeemed"
    VOUCHER_VOID = "voucher_void"
    VOUCHER_LAPSED = "voucher_lapsed"
    NOT_A_MEMBER = "not_a_member"
    # rules of the programme
    NOT_ELIGIBLE = "not_eligible"
    WRONG_HOLDER = "wrong_holder"
    RIGHTS_SUSPENDED = "rights_suspended"
    CONFLICT_OF_INTEREST = "conflict_of_interest"
    SECOND_APPROVER_NEEDED = "second_approver_needed"
    MORE_THAN_THERE_WAS = "more_than_there_was"
    EVIDENCE_MISSING = "evidence_missing"
    FACT_MISSING = "fact_missing"
    UNKNOWN_FACT = "unknown_fact"
    UNKNOWN_CHOICE = "unknown_choice"
    DECISION_OUT_OF_RANGE = "decision_out_of_range"
    NOTHING_EARNED = "nothing_earned"
    LIMIT_REACHED = "limit_reached"
    BELOW_LEAST = "below_least"
    CASH_NOT_ACCEPTED = "cash_not_accepted"
    # counter
    TERMINAL_BLOCKED = "terminal_blocked"
    NO_SHIFT_OPEN = "no_shift_open"
    SHIFT_OPEN = "shift_open"
    DIFFERENCE_UNEXPLAINED = "difference_unexplained"
    TILL_SHORT = "till_short"
    BEYOND_BOUND = "beyond_bound"
    SINGLE_PIECE = "single_piece"
    DONATION_UNKNOWN = "donation_unknown"
    # activities
    NOT_UNDER_REVIEW = "not_under_review"
    APPROVALS_MISSING = "approvals_missing"
    APPEALED_BEFORE = "appealed_before"
    OBJECTION_DECIDED = "objection_decided"
    EVIDENCE_USED = "evidence_used"
    EVIDENCE_UNREADABLE = "evidence_unreadable"
    EVIDENCE_TOO_LARGE = "evidence_too_large"
    TOO_MUCH_EVIDENCE = "too_much_evidence"
    HOURS_COUNTED = "hours_counted"
    SHEET_CLOSED = "sheet_closed"
    LIST_CLOSED = "list_closed"
    LIST_FULL = "list_full"
    SIGNATURE_WRONG = "signature_wrong"
    EVENT_OUT_OF_TIME = "event_out_of_time"
    EVENT_NOT_MAPPED = "event_not_mapped"
    # shops and settlements
    MERCHANT_NOT_ACTIVE = "merchant_not_active"
    REFUND_WINDOW_OVER = "refund_window_over"
    WRONG_STEP = "wrong_step"
    NO_RATE_IN_FORCE = "no_rate_in_force"
    NOTHING_TO_SETTLE = "nothing_to_settle"
    CODE_LAPSED = "code_lapsed"
    # balance
    INSUFFICIENT_POINTS = "insufficient_points"
    OUT_OF_STOCK = "out_of_stock"
    AMOUNT_TOO_LARGE = "amount_too_large"
    # signing in
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    PIN_NOT_SET = "pin_not_set"
    PIN_TOO_EASY = "pin_too_easy"
    SIGN_IN_WRONG = "sign_in_wrong"
    SIGN_IN_LOCKED = "sign_in_locked"
    PASSWORD_WEAK = "password_weak"
    NO_ROLE = "no_role"
    NO_SESSION = "no_session"
    SESSION_RENEWED = "session_renewed"
    OUT_OF_REACH = "out_of_reach"
    ROLE_MISPLACED = "role_misplaced"
    USER_NAME_TAKEN = "user_name_taken"


class Refused(Exception):
    """Carries the reason word and its numbers; raised by core, answered by the doors, never logged as a failure."""

    def __init__(self, reason: Reason, **numbers: Number) -> None:
        super().__init__(reason, numbers)
        self.reason = reason
        self.numbers = numbers
