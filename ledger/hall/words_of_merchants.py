"""The sentences for what shops and settlements are refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words, in_words

MERCHANTS: Mapping[Reason, Words] = {
    Reason.MERCHANT_NOT_ACTIVE: in_words(
        409,
        "商户目前不收积分",
        "The shop takes no points",
        (
            "商户 {merchant} 目前的状态是 {state},不能收积分。请到其他联盟商户,或联系社区工作人员。",
            "{merchant} is {state} and takes no points now. Go to another shop of the alliance, or ask a worker.",
        ),
    ),
    Reason.REFUND_WINDOW_OVER: in_words(
        422,
        "已过退货期限",
        "Refund window over",
        (
            "{sold_on} 的兑换在 {days} 天内可退,最晚 {last_day};今天是 {today}。",
            "What was redeemed on {sold_on} can come back within {days} days, until {last_day}; today is {today}.",
        ),
    ),
    Reason.WRONG_STEP: in_words(
        409,
        "目前的状态不允许",
        "Not possible in this state",
        (
            "商户 {merchant} 目前的状态是 {state};此操作要求:{expected}。",
            "{merchant} is {state}; this needs: {expected}.",
        ),
        ("优惠 {offer} 目前的状态是 {state};此操作要求:{expected}。", "{offer} is {state}; this needs: {expected}."),
        (
            "发布申请 {publication} 目前的状态是 {state};此操作要求:{expected}。",
            "The publication {publication} is {state}; this needs: {expected}.",
        ),
        (
            "结算单 {settlement} 目前的状态是 {state};此操作要求:{expected}。",
            "The statement {settlement} is {state}; this needs: {expected}.",
        ),
        ("付款码 {code} 已是 {state};此操作要求:{expected}。", "The code {code} is {state}; this needs: {expected}."),
        (
            "结算单 {settlement} 的第 {line} 行不是 {expected}。请核对行号。",
            "Line {line} of the statement {settlement} is not {expected}. Check the number.",
        ),
    ),
    Reason.NO_RATE_IN_FORCE: in_words(
        422,
        "没有生效的折算比价",
        "No rate in force",
        (
            "{day} 没有生效的积分比价。请在 programme.yaml 的 rates 中写明。",
            "No rate holds on {day}. Say in `rates` of programme.yaml what a point is worth.",
        ),
    ),
    Reason.NOTHING_TO_SETTLE: in_words(
        409,
        "没有可结算的积分",
        "Nothing to settle",
        (
            "商户 {merchant} 到期的应结积分合计 {points},不需支付,留待下期。下期自 {next_on} 起可结算。",
            "What is due to {merchant} adds up to {points} points: nothing to pay. The next cycle is due on {next_on}.",
        ),
        (
            "商户 {merchant} 没有到期的应结积分。下期自 {next_on} 起可结算。",
            "Nothing is due to {merchant}. The next cycle can be settled on {next_on}.",
        ),
    ),
    Reason.CODE_LAPSED: in_words(
        409,
        "付款码已过期",
        "The code has lapsed",
        (
            "付款码 {code} 已于 {lapsed_at} 过期。请商户重新出示。",
            "The code {code} lapsed at {lapsed_at}. Let the shop show a new one.",
        ),
    ),
}
