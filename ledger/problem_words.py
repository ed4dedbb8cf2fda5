"""What each refusal says to a person, in Chinese and in English: the numbers, and what to do next."""

from collections.abc import Mapping

import msgspec

from ledger.api.fault import Fault
from ledger.core.refusal import Reason
from ledger.core.title import Title


class Words(msgspec.Struct, frozen=True):
    """A status, a title, and details of which the first is said whose numbers are all there."""

    status: int
    title: Title
    details: tuple[Title, ...]


def _words(status: int, zh: str, en: str, *details: tuple[str, str]) -> Words:
    return Words(status, Title(zh, en), tuple(Title(*detail) for detail in details))


REASONS: Mapping[Reason, Words] = {
    Reason.NOT_FOUND: _words(
        404,
        "找不到",
        "Not found",
        (
            "没有账户 {owner} 的 {purse}({unit})。请核对编号。",
            "There is no purse {purse} ({unit}) of {owner}. Check the id.",
        ),
        (
            "规则 {rule} 不发给 {owner}。请核对领取人。",
            "The rule {rule} gives nothing to {owner}. Check the recipient.",
        ),
        ("没有 {owner}。请核对编号。", "There is no {owner}. Check the id."),
        ("没有流水 {transaction}。请核对编号。", "There is no transaction {transaction}. Check the id."),
        ("没有积分方案 {programme}。请核对名称。", "There is no programme {programme}. Check its name."),
        ("没有这条记录,或不归您所有。请核对编号。", "There is no such thing, or it is not yours. Check the id."),
    ),
    Reason.UNKNOWN_RULE: _words(
        422,
        "没有这条规则",
        "Unknown rule",
        (
            "规则手册中没有 {rule}。请查看已发布的规则。",
            "The rulebook has no rule {rule}. See the published rulebooks.",
        ),
    ),
    Reason.UNKNOWN_ITEM: _words(
        422,
        "没有这种商品",
        "Unknown item",
        ("目录中没有可兑换的 {item}。请查看价目表。", "The catalogue has no {item} on sale. See the price list."),
    ),
    Reason.UNKNOWN_OFFER: _words(
        422,
        "没有这项优惠",
        "Unknown offer",
        ("商户 {merchant} 没有优惠 {offer}。请查看价目表。", "{merchant} has no offer {offer}. See the price list."),
    ),
    Reason.ACCOUNT_CLOSED: _words(
        409,
        "账户已关闭",
        "Account closed",
        (
            "账户 {owner}({purse})已关闭。请联系社区工作人员。",
            "The account {owner} ({purse}) is closed. Ask a community worker.",
        ),
    ),
    Reason.ALREADY_REVERSED: _words(
        409,
        "已经冲正",
        "Already reversed",
        ("流水 {transaction} 已被冲正,不能再次冲正。", "{transaction} has been reversed before and cannot be again."),
    ),
    Reason.NOT_REVERSIBLE: _words(
        409,
        "不能冲正",
        "Not reversible",
        (
            "流水 {transaction}(类型 {kind})不能冲正。请用相应的更正操作。",
            "{transaction} is of kind {kind}, which cannot be reversed. Use the correction meant for it.",
        ),
    ),
    Reason.CANCELLED_BEFORE_ARRIVAL: _words(
        409,
        "已提前取消",
        "Cancelled before it arrived",
        ("该请求到达前已被取消,未入账。", "This request was cancelled before it arrived; nothing was posted."),
    ),
    Reason.IDEMPOTENCY_KEY_REUSED: _words(
        422,
        "幂等键已用于另一请求",
        "Idempotency key reused",
        (
            "幂等键 {key} 曾用于内容不同的请求。新的请求请换新的键。",
            "The key {key} was used for another request. Send a new request under a new key.",
        ),
    ),
    Reason.RULE_NOT_IN_FORCE: _words(
        422,
        "规则未生效",
        "Rule not in force",
        (
            "规则 {rule} 自 {first_day} 至 {last_day} 有效,活动日期为 {happened_on}。",
            "The rule {rule} holds from {first_day} to {last_day}; the activity was on {happened_on}.",
        ),
        (
            "规则 {rule} 自 {first_day} 起有效,活动日期为 {happened_on}。",
            "The rule {rule} holds from {first_day}; the activity was on {happened_on}.",
        ),
        (
            "{happened_on} 没有生效的规则手册;最早自 {first_day} 起。",
            "No rulebook holds on {happened_on}; the first one begins on {first_day}.",
        ),
        (
            "{happened_on} 没有生效的规则手册。请先发布规则手册。",
            "No rulebook holds on {happened_on}. Publish one first.",
        ),
    ),
    Reason.LABEL_CHANGED: _words(
        409,
        "标价已变动",
        "Label changed",
        (
            "{item} 的标签为 {label} 分,现价 {price} 分。请按现价确认后重试。",
            "The label of {item} says {label} points; the price is {price}. Confirm the price and try again.",
        ),
    ),
    Reason.VERSION_FROZEN: _words(
        409,
        "该版本已发布",
        "Version already published",
        (
            "版本 {version} 已发布且内容不同(已发布 {published},提交 {sent})。请使用新的版本号。",
            "Version {version} is published with other contents ({published}, sent {sent}). Choose a new version.",
        ),
    ),
    Reason.ALREADY_AWARDED: _words(
        409,
        "已经发放",
        "Already awarded",
        (
            "活动 {activity} 已由流水 {transaction} 发放积分。",
            "The activity {activity} was awarded by {transaction}.",
        ),
    ),
    Reason.REFERENCE_TAKEN: _words(
        409,
        "编号已被使用",
        "Reference taken",
        (
            "编号 {reference} 已属于 {owner},且登记内容不同。请核对,或换用其他编号。",
            "The reference {reference} belongs to {owner} with other particulars. Check it, or use another.",
        ),
    ),
    Reason.EVIDENCE_MISSING: _words(
        422,
        "缺少证明材料",
        "Evidence missing",
        (
            "规则 {rule} 还需要:{missing}。请补充后重试。",
            "The rule {rule} still needs: {missing}. Add it and try again.",
        ),
    ),
    Reason.FACT_MISSING: _words(
        422,
        "缺少情况",
        "Fact missing",
        ("缺少“{fact}”。请补充后重试。", "The fact {fact} is missing. Add it and try again."),
    ),
    Reason.UNKNOWN_CHOICE: _words(
        422,
        "没有这个选项",
        "Unknown choice",
        ("“{fact}”不能是 {choice},可选:{choices}。", "{fact} cannot be {choice}; choose one of: {choices}."),
    ),
    Reason.DECISION_OUT_OF_RANGE: _words(
        422,
        "评定超出范围",
        "Decision out of range",
        ("评定 {amount} 不在 {min} 至 {max} 之间。", "The decided {amount} is not between {min} and {max}."),
    ),
    Reason.NOTHING_EARNED: _words(
        422,
        "未得分",
        "Nothing earned",
        ("按规则 {rule},此次不足以得分。", "By the rule {rule} this is not enough for a point."),
    ),
    Reason.LIMIT_REACHED: _words(
        422,
        "已达上限",
        "Limit reached",
        (
            "规则 {rule} 的上限 {limit} 已用 {used},自 {resets_on} 起重新计算。",
            "{used} of the limit {limit} of {rule} are used; it starts again on {resets_on}.",
        ),
        (
            "规则 {rule} 的上限 {limit} 已用 {used},不再重新计算。",
            "{used} of the limit {limit} of {rule} are used; it does not start again.",
        ),
    ),
    Reason.INSUFFICIENT_POINTS: _words(
        422,
        "积分不足",
        "Not enough points",
        (
            "需要 {required} 分,可用 {available} 分,还差 {missing} 分。请减少商品或先积累积分。",
            "{required} points are needed, {available} can be spent: {missing} are missing. Take less or earn first.",
        ),
    ),
    Reason.OUT_OF_STOCK: _words(
        422,
        "库存不足",
        "Out of stock",
        (
            "{item} 需要 {required} 件,仅余 {left} 件。请减少数量或换其他商品。",
            "{required} of {item} are needed and {left} are left. Take fewer, or something else.",
        ),
    ),
    Reason.AMOUNT_TOO_LARGE: _words(
        422,
        "数额过大",
        "Amount too large",
        ("{required} 超过允许的最大值 {limit}。", "{required} is more than the largest amount allowed, {limit}."),
    ),
}

FAULTS: Mapping[Fault, Words] = {
    Fault.MALFORMED: _words(
        400,
        "请求格式有误",
        "Malformed request",
        ("请按 errors 中指出的位置更正后重试。", "Correct what `errors` points at and try again."),
    ),
    Fault.IDEMPOTENCY_KEY_MISSING: _words(
        400,
        "缺少幂等键",
        "Idempotency key missing",
        (
            "请在请求头 Idempotency-Key 中给出一个不重复的键;重试时使用同一个键。",
            "Send a key of your own in the header Idempotency-Key, and the same key when you retry.",
        ),
    ),
    Fault.REFERENCE_MISSING: _words(
        400,
        "缺少编号或幂等键",
        "Reference or key missing",
        (
            "请给出 reference,或在请求头 Idempotency-Key 中给出键,以免重复开户。",
            "Send a reference, or a key in the header Idempotency-Key, so that a retry opens nothing twice.",
        ),
    ),
    Fault.UNAUTHENTICATED: _words(
        401,
        "未认证",
        "Not authenticated",
        (
            "请在 Authorization 请求头中给出有效的密钥:Bearer pl_…",
            "Send a key that is in force in the header Authorization: Bearer pl_…",
        ),
    ),
    Fault.FORBIDDEN: _words(
        403,
        "无权操作",
        "Not allowed",
        ("角色 {role} 不能进行此操作。请使用有权限的密钥。", "The role {role} may not do this. Use a key that may."),
        ("此密钥不能进行此操作。", "This key may not do this."),
    ),
    Fault.NO_SUCH_PAGE: _words(
        404,
        "没有这个地址",
        "No such address",
        ("没有这个地址。接口说明见 /docs。", "There is nothing at this address. See /docs."),
    ),
    Fault.METHOD_NOT_ALLOWED: _words(
        405,
        "方法不允许",
        "Method not allowed",
        ("此地址不支持该方法。接口说明见 /docs。", "This address does not take that method. See /docs."),
    ),
    Fault.TOO_LARGE: _words(
        413,
        "请求过大",
        "Request too large",
        ("请求内容超过允许的大小。请分次提交。", "The body is larger than allowed. Send it in parts."),
    ),
    Fault.UNSUPPORTED_MEDIA_TYPE: _words(
        415,
        "内容类型不支持",
        "Unsupported media type",
        ("请以 Content-Type: {expected} 提交。", "Send it as Content-Type: {expected}."),
    ),
    Fault.DOCUMENT_REFUSED: _words(
        422,
        "文件有误,未发布",
        "Document refused",
        (
            "文件中有 {problems} 处问题,见 errors。更正后重新提交;没有任何内容被发布。",
            "{problems} problems, see `errors`. Mend them and send it again; nothing was published.",
        ),
    ),
    Fault.TOO_MANY_REQUESTS: _words(
        429, "请求过于频繁", "Too many requests", ("请稍后再试。", "Wait a little and try again.")
    ),
    Fault.OVERLOADED: _words(
        503,
        "服务繁忙",
        "Overloaded",
        (
            "请求未被受理。请稍后用同一个幂等键重试。",
            "The request was not begun. Try again shortly, under the same idempotency key.",
        ),
    ),
    Fault.OUTCOME_UNKNOWN: _words(
        503,
        "结果未知",
        "Outcome unknown",
        (
            "未能及时得到结果,可能已入账也可能没有。请用同一个幂等键重试,以取得结果。",
            "The answer did not come in time; it may or may not be posted. Ask again under the same key to learn it.",
        ),
    ),
    Fault.DATABASE_UNAVAILABLE: _words(
        503,
        "数据库暂不可用",
        "Database unavailable",
        ("请稍后用同一个幂等键重试。", "Try again shortly, under the same idempotency key."),
    ),
    Fault.INTERNAL: _words(
        500,
        "内部错误",
        "Internal error",
        (
            "服务内部出错,已记录。请把 request_id 告知维护人员。",
            "Something failed here and was logged. Give the request_id to whoever runs the service.",
        ),
    ),
}
