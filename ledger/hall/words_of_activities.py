"""The sentences for what recording and reviewing activities is refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words, in_words

ACTIVITIES: Mapping[Reason, Words] = {
    Reason.NOT_UNDER_REVIEW: in_words(
        409,
        "当前状态不能这样处理",
        "Not in a state for this",
        (
            "活动 {activity} 的状态为 {state},不能这样处理。请先查看它的办理记录。",
            "The activity {activity} is {state}, which does not allow this. Look at its steps first.",
        ),
    ),
    Reason.APPROVALS_MISSING: in_words(
        422,
        "尚未通过审核",
        "Approvals missing",
        (
            "该规则需要 {needed} 人审核通过,活动 {activity} 由最后一次审核通过时计分。",
            "The rule asks for {needed} approvals; the last of them awards the activity {activity}.",
        ),
    ),
    Reason.APPEALED_BEFORE: in_words(
        409,
        "已申诉过",
        "Appealed before",
        (
            "活动 {activity} 已申诉过一次,不能再次申诉。",
            "The activity {activity} was appealed once and cannot be again.",
        ),
    ),
    Reason.OBJECTION_DECIDED: in_words(
        409,
        "异议已处理",
        "Objection decided",
        ("异议 {objection} 已处理(结果 {state})。", "The objection {objection} is decided already ({state})."),
    ),
    Reason.EVIDENCE_USED: in_words(
        409,
        "该凭证已用过",
        "Evidence used before",
        (
            "这份文件已用于另一项活动(SHA-256 {sha256})。请提交本次活动的凭证。",
            "This file was used for another claim (SHA-256 {sha256}). Send evidence of this one.",
        ),
    ),
    Reason.EVIDENCE_UNREADABLE: in_words(
        422,
        "无法读取凭证",
        "Evidence unreadable",
        ("只接受完好的 {kinds} 文件。请重新拍照或导出。", "Only whole files of these kinds: {kinds}. Send it anew."),
    ),
    Reason.EVIDENCE_TOO_LARGE: in_words(
        422,
        "图片过大",
        "Picture too large",
        (
            "图片有 {pixels} 像素,最多 {limit}。请缩小后重试。",
            "The picture has {pixels} pixels, at most {limit} are taken. Make it smaller.",
        ),
    ),
    Reason.TOO_MUCH_EVIDENCE: in_words(
        422,
        "凭证过多",
        "Too much evidence",
        ("活动 {activity} 最多 {limit} 份凭证。", "The activity {activity} takes at most {limit} files."),
    ),
    Reason.HOURS_COUNTED: in_words(
        409,
        "该时段已计过",
        "Hours counted before",
        (
            "{person} 在 {started_at} 至 {ended_at} 的服务已计过,同一时段只计一次。",
            "{person} has been credited for {started_at} to {ended_at}; the same hour counts once.",
        ),
    ),
    Reason.SHEET_CLOSED: in_words(
        409,
        "巡查表已关闭",
        "Sheet not open",
        (
            "巡查表 {inspection} 的状态为 {state},不能这样处理。",
            "The sheet {inspection} is {state}, which does not allow this.",
        ),
    ),
    Reason.LIST_CLOSED: in_words(
        409,
        "报名已结束",
        "List closed",
        ("报名表 {list} 的状态为 {state},不能更改。", "The list {list} is {state} and cannot be changed."),
    ),
    Reason.LIST_FULL: in_words(
        409,
        "名额已满",
        "List full",
        ("报名表 {list} 的 {capacity} 个名额已满。", "All {capacity} places of the list {list} are taken."),
    ),
    Reason.SIGNATURE_WRONG: in_words(
        401,
        "签名不正确",
        "Wrong signature",
        (
            "签名与内容不符。请用来源 {source} 的密钥对“时间戳.正文”计算 HMAC-SHA256。",
            "The signature does not fit. Sign timestamp, a full stop and the body with the secret of {source}.",
        ),
    ),
    Reason.EVENT_OUT_OF_TIME: in_words(
        401,
        "时间戳过期",
        "Timestamp out of time",
        (
            "签名的时间与本机相差 {seconds} 秒,最多 {limit} 秒。请校准时钟后重新签名。",
            "The signature is {seconds} seconds from our clock, at most {limit} are taken. Set the clock, sign anew.",
        ),
    ),
    Reason.EVENT_NOT_MAPPED: in_words(
        422,
        "该事件没有对应规则",
        "Event without a rule",
        (
            "事件 {event} 不是由系统上报的事件,或没有唯一对应的规则({rules})。请查看 events.yaml。",
            "No system reports {event}, or it does not lead to one rule ({rules}). See events.yaml.",
        ),
    ),
}
