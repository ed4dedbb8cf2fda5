"""The sentences for what people, households and cards are refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words, in_words

PEOPLE: Mapping[Reason, Words] = {
    Reason.CARD_UNKNOWN: in_words(
        404,
        "没有这张卡",
        "Unknown card",
        ("没有登记过这张卡。请核对或输入卡号。", "No such card is registered. Scan it again or type its number."),
    ),
    Reason.CARD_PENDING: in_words(
        409,
        "卡尚未启用",
        "Card not handed out yet",
        ("卡 {card} 尚未启用。请先到社区领取。", "The card {card} is not active yet. It must be handed over first."),
    ),
    Reason.CARD_BLOCKED: in_words(
        409,
        "卡已挂失",
        "Card blocked",
        ("卡 {card} 已挂失停用。请到社区补办。", "The card {card} is blocked. The community office gives a new one."),
    ),
    Reason.CARD_REPLACED: in_words(
        409,
        "卡已被替换",
        "Card replaced",
        (
            "卡 {card} 已换为 {replaced_by}。请使用新卡。",
            "The card {card} was replaced by {replaced_by}. Use the new one.",
        ),
    ),
    Reason.CARD_IN_USE: in_words(
        409,
        "卡已启用",
        "Card in use",
        (
            "卡 {card} 已启用,卡码不能再显示。需要时请换卡。",
            "The card {card} is in use and its code cannot be shown again. Replace it if needed.",
        ),
    ),
    Reason.NUMBER_TAKEN: in_words(
        409,
        "号码已被使用",
        "Number taken",
        ("号码 {number} 属于另一张卡。请核对。", "The number {number} belongs to another card. Check it."),
    ),
    Reason.HELPER_ENDED: in_words(
        409,
        "代办已终止",
        "Helper no longer in office",
        (
            "卡 {card} 的代办授权已终止。请联系社区。",
            "Whoever holds the card {card} may no longer help. Ask the office.",
        ),
    ),
    Reason.HELPER_IN_OFFICE: in_words(
        409,
        "已是代办人",
        "Helper already in office",
        (
            "{member} 已是 {owner} 的代办人。要改限额请先终止。",
            "{member} already helps {owner}. End that first to set other limits.",
        ),
    ),
    Reason.NOT_A_HELPER: in_words(
        422,
        "不是代办人",
        "Not a helper",
        (
            "{member} 不属于 {owner},也不是其代办人。请先登记代办。",
            "{member} neither belongs to {owner} nor helps there. Appoint a helper first.",
        ),
    ),
    Reason.STILL_OPEN: in_words(
        409,
        "还有未了结的积分",
        "Points still waiting",
        (
            "{owner} 还有公示中积分 {pending}、预留积分 {held}。请待其了结后再并户。",
            "{owner} still has {pending} under notice and {held} reserved. Merge when these have ended.",
        ),
    ),
    Reason.STILL_HOLDING: in_words(
        409,
        "账户尚未清零",
        "Something is left",
        (
            "{owner} 还有积分 {main}、欠分 {debt}、公示中 {pending}、预留 {held},或其他余额。请先清零再删除个人信息。",
            "{owner} still has {main}, owes {debt}, has {pending} under notice and {held} reserved, or holds something "
            "else. A person is erased when all of it is zero.",
        ),
    ),
    Reason.SERIES_IN_USE: in_words(
        409,
        "该批积分券已发放",
        "Series handed out",
        (
            "积分券批次 {series} 已发放,不能再打印。请另发一批。",
            "The series {series} is handed out and cannot be printed again. Issue another one.",
        ),
    ),
    Reason.VOUCHER_UNKNOWN: in_words(
        404,
        "没有这张积分券",
        "Unknown voucher",
        ("没有积分券 {voucher},或校验码不符。请核对。", "There is no voucher {voucher} with these check letters."),
    ),
    Reason.VOUCHER_PENDING: in_words(
        409,
        "积分券尚未发放",
        "Voucher not handed out",
        ("积分券 {voucher} 所在批次尚未发放。", "The series of the voucher {voucher} is not handed out yet."),
    ),
    Reason.VOUCHER_REDEEMED: in_words(
        409,
        "积分券已入账",
        "Voucher paid in before",
        (
            "积分券 {voucher} 已入账,流水 {transaction}。每张只能入账一次。",
            "The voucher {voucher} was paid in by {transaction}. Each is good once.",
        ),
    ),
    Reason.VOUCHER_VOID: in_words(
        409,
        "积分券已作废",
        "Voucher void",
        ("积分券 {voucher} 已作废。请联系社区。", "The voucher {voucher} is void. Ask the community office."),
    ),
    Reason.VOUCHER_LAPSED: in_words(
        422,
        "积分券已过期",
        "Voucher past its day",
        ("积分券 {voucher} 有效期至 {valid_until}。", "The voucher {voucher} was good until {valid_until}."),
    ),
    Reason.NOT_A_MEMBER: in_words(
        422,
        "不是该户成员",
        "Not a member of the household",
        ("{member} 不属于 {owner}。请核对。", "{member} does not belong to {owner}. Check both ids."),
    ),
}
