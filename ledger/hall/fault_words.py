"""What a door's own refusals say to a person, in Chinese and in English."""

from collections.abc import Mapping

from ledger.hall.fault import Fault
from ledger.hall.words import Words, in_words

FAULTS: Mapping[Fault, Words] = {
    Fault.MALFORMED: in_words(
        400,
        "请求格式有误",
        "Malformed request",
        ("请按 errors 中指出的位置更正后重试。", "Correct what `errors` points at and try again."),
    ),
    Fault.IDEMPOTENCY_KEY_MISSING: in_words(
        400,
        "缺少幂等键",
        "Idempotency key missing",
        (
            "请在请求头 Idempotency-Key 中给出一个不重复的键;重试时使用同一个键。",
            "Send a key of your own in the header Idempotency-Key, and the same key when you retry.",
        ),
    ),
    Fault.REFERENCE_MISSING: in_words(
        400,
        "缺少编号或幂等键",
        "Reference or key missing",
        (
            "请给出 reference,或在请求头 Idempotency-Key 中给出键,以免重复开户。",
            "Send a reference, or a key in the header Idempotency-Key, so that a retry opens nothing twice.",
        ),
    ),
    Fault.UNAUTHENTICATED: in_words(
        401,
        "未认证",
        "Not authenticated",
        (
            "请在 Authorization 请求头中给出有效的密钥:Bearer pl_…",
            "Send a key that is in force in the header Authorization: Bearer pl_...",
        ),
    ),
    Fault.FORBIDDEN: in_words(
        403,
        "无权操作",
        "Not allowed",
        (
            "角色 {role} 不能提交 {verb}。请使用有权限的密钥。",
            "The role {role} may not post {verb}. Use a key that may.",
        ),
        ("角色 {role} 不能进行此操作。请使用有权限的密钥。", "The role {role} may not do this. Use a key that may."),
        ("此密钥不能进行此操作。", "This key may not do this."),
    ),
    Fault.CROSS_SITE: in_words(
        403,
        "请求来源不明",
        "Not from this site",
        ("请回到本站页面重新提交。", "Go back to the page of this site and send it again from there."),
    ),
    Fault.NO_SUCH_PAGE: in_words(
        404,
        "没有这个地址",
        "No such address",
        ("没有这个地址。接口说明见 /docs。", "There is nothing at this address. See /docs."),
    ),
    Fault.METHOD_NOT_ALLOWED: in_words(
        405,
        "方法不允许",
        "Method not allowed",
        ("此地址不支持该方法。接口说明见 /docs。", "This address does not take that method. See /docs."),
    ),
    Fault.TOO_LARGE: in_words(
        413,
        "请求过大",
        "Request too large",
        ("请求内容超过允许的大小。请分次提交。", "The body is larger than allowed. Send it in parts."),
    ),
    Fault.TOO_SLOW: in_words(
        408,
        "请求未及时收完",
        "Request not received in time",
        ("请求未在规定时间内收完,未被受理。请重试。", "The request did not come in time and was not begun. Try again."),
    ),
    Fault.HEAD_TOO_LARGE: in_words(
        431,
        "请求头过大",
        "Request head too large",
        ("地址或请求头超过允许的大小或数量。", "The address or the header fields are too long or too many."),
    ),
    Fault.UNSUPPORTED_MEDIA_TYPE: in_words(
        415,
        "内容类型不支持",
        "Unsupported media type",
        ("请以 Content-Type: {expected} 提交。", "Send it as Content-Type: {expected}."),
    ),
    Fault.DOCUMENT_REFUSED: in_words(
        422,
        "文件有误,未发布",
        "Document refused",
        (
            "文件中有 {problems} 处问题,见 errors。更正后重新提交;没有任何内容被发布。",
            "{problems} problems, see `errors`. Mend them and send it again; nothing was published.",
        ),
    ),
    Fault.TOO_MANY_REQUESTS: in_words(
        429, "请求过于频繁", "Too many requests", ("请稍后再试。", "Wait a little and try again.")
    ),
    Fault.OVERLOADED: in_words(
        503,
        "服务繁忙",
        "Overloaded",
        (
            "请求未被受理。请稍后用同一个幂等键重试。",
            "The request was not begun. Try again shortly, under the same idempotency key.",
        ),
    ),
    Fault.OUTCOME_UNKNOWN: in_words(
        503,
        "结果未知",
        "Outcome unknown",
        (
            "未能及时得到结果,可能已入账也可能没有。请用同一个幂等键重试,以取得结果。",
            "The answer did not come in time; it may or may not be posted. Ask again under the same key to learn it.",
        ),
    ),
    Fault.DEADLINE_PASSED: in_words(
        503,
        "未能及时答复",
        "No answer in time",
        (
            "未能在时限内取得结果,没有任何更改。请稍后重试。",
            "The answer did not come in time; nothing was changed. Try again shortly.",
        ),
    ),
    Fault.DATABASE_UNAVAILABLE: in_words(
        503,
        "数据库暂不可用",
        "Database unavailable",
        ("请稍后用同一个幂等键重试。", "Try again shortly, under the same idempotency key."),
    ),
    Fault.INTERNAL: in_words(
        500,
        "内部错误",
        "Internal error",
        (
            "服务内部出错,已记录。请把 request_id 告知维护人员。",
            "Something failed here and was logged. Give the request_id to whoever runs the service.",
        ),
    ),
}
