"""The sentences for what signing in and administering rights is refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words, in_words

SIGN_IN: Mapping[Reason, Words] = {
    Reason.PIN_WRONG: in_words(
        422,
        "密码不正确",
        "Wrong PIN",
        (
            "密码不正确，还可再试 {tries_left} 次；输错过多将锁定 {minutes} 分钟。",
            "That is not the PIN. {tries_left} tries are left before it is locked for {minutes} minutes.",
        ),
    ),
    Reason.PIN_LOCKED: in_words(
        429,
        "密码已锁定",
        "PIN locked",
        (
            "输错次数过多，请在 {minutes} 分钟后再试，或请工作人员重设密码。",
            "Too many wrong PINs. Try again in {minutes} minutes, or have a worker set a new one.",
        ),
    ),
    Reason.PIN_NOT_SET: in_words(
        422,
        "尚未设置密码",
        "No PIN set",
        ("此卡尚未设置密码，请到社区设置。", "This card has no PIN yet. Have one set at the community office."),
    ),
    Reason.PIN_TOO_EASY: in_words(
        422,
        "密码过于简单",
        "PIN too easy",
        (
            "请用六位数字，不要用连号、重复或常见的号码。",
            "Use six digits that are no run, no repetition and no favourite number.",
        ),
    ),
}
