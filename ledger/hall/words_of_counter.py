"""The sentences for what a counter is refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words, in_words

COUNTER: Mapping[Reason, Words] = {
    Reason.PIN_NEEDED: in_words(
        422,
        "需要密码",
        "PIN needed",
        (
            "本次 {required} 分超出凭卡限额 {limit}(今日已用 {used})。请输入密码,或核对证件。",
            "{required} points are more than the card pays alone ({limit}; {used} used today). Enter the PIN, or see a"
            " document.",
        ),
    ),
    Reason.TERMINAL_BLOCKED: in_words(
        409,
        "终端已停用",
        "Terminal blocked",
        (
            "终端 {terminal} 已停用。请联系社区工作人员。",
            "The terminal {terminal} is blocked. Ask a community worker.",
        ),
    ),
    Reason.NO_SHIFT_OPEN: in_words(
        409,
        "尚未开班",
        "No shift open",
        ("终端 {terminal} 尚未开班。请先开班再兑换。", "No shift is open at {terminal}. Open one, then sell."),
    ),
    Reason.SHIFT_OPEN: in_words(
        409,
        "已有班次未交班",
        "A shift is open",
        (
            "终端 {terminal} 的班次 {shift} 尚未交班。请先交班。",
            "The shift {shift} is still open at {terminal}. Close it first.",
        ),
    ),
    Reason.DIFFERENCE_UNEXPLAINED: in_words(
        422,
        "差异未说明",
        "Difference without a reason",
        (
            "{item} 账面 {expected},实点 {counted},相差 {difference}。请填写原因后重新提交(换新的幂等键)。",
            "{item}: the books say {expected}, counted {counted}, a difference of {difference}. Give the reason and"
            " send it again under a new key.",
        ),
    ),
    Reason.TILL_SHORT: in_words(
        422,
        "钱箱现金不足",
        "Too little cash in the till",
        (
            "{outlet} 的钱箱只有 {left} 分钱,需要 {required}。请先补充备用金。",
            "The till of {outlet} holds {left} fen; {required} are needed. Put a float in first.",
        ),
    ),
    Reason.BEYOND_BOUND: in_words(
        422,
        "超出离线限额",
        "Beyond the offline bound",
        (
            "离线兑换 {required} 分超出限额({bound}:{limit},已用 {used})。请由工作人员确认后入账。",
            "A sale of {required} points while offline is beyond the bound ({bound}: {limit}, used {used})."
            " Have a community worker accept it.",
        ),
    ),
    Reason.DONATION_UNKNOWN: in_words(
        422,
        "没有这笔捐赠",
        "No such donation",
        (
            "物品 {item} 注明捐赠记录 {donation},但本方案没有这件物品的这笔捐赠。请先登记捐赠,或改正编号。",
            "{item} names the donation {donation}, but the programme has no such donation of it. Record the donation"
            " first, or put the number right.",
        ),
    ),
    Reason.SINGLE_PIECE: in_words(
        409,
        "单件物品只有一件",
        "There is one such piece",
        (
            "{item} 是单件物品,已经入过库。请另立物品编号。",
            "{item} is a single piece and has come in before. Give the other piece an id of its own.",
        ),
    ),
}
