"""What the ledger's own refusals say to a person, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words, in_words

LEDGER: Mapping[Reason, Words] = {
    Reason.NOT_FOUND: in_words(
        404,
        "找不到",
        "Not found",
        (
            "没有账户 {owner} 的 {purse}({unit})。请核对编号。",
            "There is no purse {purse} ({unit}) of {owner}. Check the id.",
        ),
        ("没有 {owner}。请核对编号。", "There is no {owner}. Check the id."),
        ("没有流水 {transaction}。请核对编号。", "There is no transaction {transaction}. Check the id."),
        ("没有积分方案 {programme}。请核对名称。", "There is no programme {programme}. Check its name."),
        ("没有这条记录,或不归您所有。请核对编号。", "There is no such thing, or it is not yours. Check the id."),
    ),
    Reason.UNKNOWN_RULE: in_words(
        422,
        "没有这条规则",
        "Unknown rule",
        (
            "规则手册中没有 {rule}。请查看已发布的规则。",
            "The rulebook has no rule {rule}. See the published rulebooks.",
        ),
    ),
    Reason.UNKNOWN_ITEM: in_words(
        422,
        "没有这种商品",
        "Unknown item",
        ("目录中没有可兑换的 {item}。请查看价目表。", "The catalogue has no {item} on sale. See the price list."),
    ),
    Reason.UNKNOWN_OFFER: in_words(
        422,
        "没有这项优惠",
        "Unknown offer",
        ("商户 {merchant} 没有优惠 {offer}。请查看价目表。", "{merchant} has no offer {offer}. See the price list."),
    ),
    Reason.ACCOUNT_CLOSED: in_words(
        409,
        "账户已关闭",
        "Account closed",
        (
            "账户 {owner}({purse})已关闭。请联系社区工作人员。",
            "The account {owner} ({purse}) is closed. Ask a community worker.",
        ),
    ),
    Reason.ALREADY_REVERSED: in_words(
        409,
        "已经冲正",
        "Already reversed",
        ("流水 {transaction} 已被冲正,不能再次冲正。", "{transaction} has been reversed before and cannot be again."),
    ),
    Reason.NOT_REVERSIBLE: in_words(
        409,
        "不能冲正",
        "Not reversible",
        (
            "流水 {transaction}(类型 {kind})不能冲正。请用相应的更正操作。",
            "{transaction} is of kind {kind}, which cannot be reversed. Use the correction meant for it.",
        ),
    ),
    Reason.CANCELLED_BEFORE_ARRIVAL: in_words(
        409,
        "已提前取消",
        "Cancelled before it arrived",
        ("该请求到达前已被取消,未入账。", "This request was cancelled before it arrived; nothing was posted."),
    ),
    Reason.IDEMPOTENCY_KEY_REUSED: in_words(
        422,
        "幂等键已用于另一请求",
        "Idempotency key reused",
        (
            "幂等键 {key} 曾用于内容不同的请求。新的请求请换新的键。",
            "The key {key} was used for another request. Send a new request under a new key.",
        ),
    ),
    Reason.RULE_NOT_IN_FORCE: in_words(
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
    Reason.LABEL_CHANGED: in_words(
        409,
        "标价已变动",
        "Label changed",
        (
            "{item} 的标签(第 {shown} 版)为 {label} 分,现价(第 {revision} 版)为 {price} 分。请按现价确认后重试。",
            "The label of {item} (revision {shown}) says {label} points; the price (revision {revision}) is {price}."
            " Confirm the price and try again.",
        ),
        (
            "{item} 的标签为 {label} 分,现价 {price} 分。请按现价确认后重试。",
            "The label of {item} says {label} points; the price is {price}. Confirm the price and try again.",
        ),
    ),
    Reason.VERSION_FROZEN: in_words(
        409,
        "该版本已发布",
        "Version already published",
        (
            "版本 {version} 已发布且内容不同(已发布 {published},提交 {sent})。请使用新的版本号。",
            "Version {version} is published with other contents ({published}, sent {sent}). Choose a new version.",
        ),
    ),
    Reason.ALREADY_AWARDED: in_words(
        409,
        "已经发放",
        "Already awarded",
        (
            "活动 {activity} 已由流水 {transaction} 发放积分。",
            "The activity {activity} was awarded by {transaction}.",
        ),
    ),
    Reason.REFERENCE_TAKEN: in_words(
        409,
        "编号已被使用",
        "Reference taken",
        (
            "编号 {reference} 已属于 {owner},且登记内容不同。请核对,或换用其他编号。",
            "The reference {reference} belongs to {owner} with other particulars. Check it, or use another.",
        ),
    ),
    Reason.NOT_OPEN: in_words(
        409,
        "已经了结",
        "Not open",
        (
            "流水 {transaction} 已由 {ended_by} 了结。",
            "{transaction} was ended by {ended_by}.",
        ),
        ("班次 {shift} 已由 {closed_by} 交班。", "The shift {shift} was closed by {closed_by}."),
        (
            "终端 {terminal} 的第 {sequence} 笔未因超出限额被拒,无需确认。",
            "Sale {sequence} of {terminal} was not refused for a bound, so there is nothing to accept.",
        ),
        (
            "更正申请 {adjustment} 已由 {decided_by} 处理。",
            "The adjustment {adjustment} was decided by {decided_by}.",
        ),
        (
            "流水 {transaction} 不是未了结的预留或公示。请核对编号。",
            "{transaction} is not an open hold or an award under notice. Check the id.",
        ),
    ),
    Reason.NOT_DUE: in_words(
        409,
        "日期不合",
        "Not due",
        ("要到 {due_on} 才能进行,今天是 {today}。", "This is due on {due_on}; today is {today}."),
        ("{through} 还没有过完,今天是 {today}。", "{through} is not over yet; today is {today}."),
        (
            "{happened_at} 尚未到来,现在是 {now}。请校准终端时钟。",
            "{happened_at} is still to come; it is {now}. Set the terminal's clock.",
        ),
        ("保留日 {until} 已过,今天是 {today}。", "The day until which to hold, {until}, has passed; today is {today}."),
        ("起始日 {from_on} 已过,今天是 {today}。", "The first day {from_on} has passed; today is {today}."),
        ("有效日 {expires_on} 已过,今天是 {today}。", "The last good day {expires_on} has passed; today is {today}."),
    ),
    Reason.PERIOD_CLOSED: in_words(
        409,
        "账期已关闭",
        "Books closed",
        (
            "到 {closed_through} 为止的账已经关闭,{through} 不能再关。",
            "The books are closed through {closed_through} already; {through} cannot be closed again.",
        ),
    ),
    Reason.WRONG_KIND: in_words(
        409,
        "流水类型不符",
        "Wrong kind",
        (
            "流水 {transaction} 的类型是 {kind},此操作只适用于:{expected}。",
            "{transaction} is of kind {kind}; this is only for: {expected}.",
        ),
    ),
    Reason.OUTLET_CLOSED: in_words(
        422,
        "今日不兑换",
        "Closed today",
        (
            "今天 {today} 不是兑换日。请在公布的兑换日再来。",
            "Nothing is redeemed on {today}. Come on an announced day.",
        ),
        (
            "{outlet} 今天 {today} 不营业。请在公布的营业日再来。",
            "{outlet} is closed on {today}. Come on an announced day.",
        ),
        ("{outlet} 不兑换物品。请到兑换点。", "{outlet} hands nothing out. Go to an outlet that does."),
    ),
    Reason.NOTHING_TO_POST: in_words(
        409,
        "没有可入账的内容",
        "Nothing to post",
        ("没有任何变动,未入账。", "Nothing would change, so nothing was posted."),
    ),
    Reason.SECOND_APPROVER_NEEDED: in_words(
        422,
        "需要第二人批准",
        "Second approver needed",
        ("数额较大,须由另一人批准后再提交。", "An amount of this size needs the approval of a second person."),
    ),
    Reason.MORE_THAN_THERE_WAS: in_words(
        422,
        "超过原有数量",
        "More than there was",
        ("{item} 要求 {required},仅余 {left}。", "{required} of {item} are asked for and {left} are left."),
        (
            "流水 {transaction} 要求 {required},仅余 {left}。",
            "{required} of {transaction} are asked for and {left} are left.",
        ),
        (
            "商品价值 {required} 分,结算单 {settlement} 只需支付 {left} 分。",
            "Goods of {required} points are more than the {left} to be paid on the statement {settlement}.",
        ),
        ("流水 {transaction} 只剩 {left} 可退。", "Only {left} of {transaction} are left to come back."),
        ("佣金比例 {commission}/{of} 超过全部。", "A commission of {commission}/{of} is more than all of it."),
        ("权重合计过大,无法分配给 {shares} 份。", "The weights of the {shares} shares add up to too much."),
    ),
    Reason.NOT_ELIGIBLE: in_words(
        422,
        "不符合条件",
        "Not eligible",
        (
            "规则 {rule} 要求“{fact}”{test} {wanted},实为 {found}。",
            "The rule {rule} wants {fact} {test} {wanted}; it is {found}.",
        ),
        ("规则 {rule} 要求“{fact}”{test} {wanted}。", "The rule {rule} wants {fact} {test} {wanted}."),
        ("“{fact}”应为 {wanted},实为 {found}。", "{fact} should be {wanted}; it is {found}."),
        ("“{fact}”应为 {wanted}。", "{fact} should be {wanted}."),
    ),
    Reason.WRONG_HOLDER: in_words(
        422,
        "账户类型不符",
        "Not the holder",
        (
            "规则 {rule} 的积分记给 {holder},{owner} 不是。请改为正确的账户。",
            "Points of the rule {rule} go to a {holder}, which {owner} is not. Name the right account.",
        ),
    ),
    Reason.RIGHTS_SUSPENDED: in_words(
        422,
        "资格已暂停",
        "Rights suspended",
        (
            "余额 {available} 低于 {required},暂停兑换;补回 {missing} 后恢复。",
            "The balance {available} is below {required}; rights return when {missing} more are earned.",
        ),
        ("规则 {rule} 在 {month} 暂停计分。", "By the rule {rule} nothing is earned in {month}."),
        ("{month} 暂停兑换。", "Nothing can be redeemed in {month}."),
    ),
    Reason.CONFLICT_OF_INTEREST: in_words(
        422,
        "需要回避",
        "Conflict of interest",
        (
            "{reviewer} 与 {about} 有关,不能审核。请由他人审核。",
            "{reviewer} is too close to {about} to review this. Let somebody else do it.",
        ),
    ),
    Reason.UNKNOWN_FACT: in_words(
        422,
        "没有这项情况",
        "Unknown fact",
        ("没有登记过“{fact}”({type})。", "There is no fact {fact} of type {type}."),
    ),
    Reason.BELOW_LEAST: in_words(
        422,
        "未达起兑额",
        "Below the least",
        (
            "每次至少兑换 {required} 分,此次为 {amount} 分。",
            "Spend {required} points or more at once, not {amount}.",
        ),
    ),
    Reason.CASH_NOT_ACCEPTED: in_words(
        422,
        "不收现金",
        "Cash not accepted",
        (
            "已付现金 {fen} 分钱,至少须付 {least} 分钱。",
            "{fen} fen in cash were given; at least {least} are to be paid.",
        ),
        ("现金部分 {fen} 分钱超过允许的 {most} 分钱。", "{fen} fen in cash are more than the {most} allowed."),
    ),
    Reason.EVIDENCE_MISSING: in_words(
        422,
        "缺少证明材料",
        "Evidence missing",
        (
            "规则 {rule} 还需要:{missing}。请补充后重试。",
            "The rule {rule} still needs: {missing}. Add it and try again.",
        ),
    ),
    Reason.FACT_MISSING: in_words(
        422,
        "缺少情况",
        "Fact missing",
        ("缺少“{fact}”。请补充后重试。", "The fact {fact} is missing. Add it and try again."),
    ),
    Reason.UNKNOWN_CHOICE: in_words(
        422,
        "没有这个选项",
        "Unknown choice",
        ("“{fact}”不能是 {choice},可选:{choices}。", "{fact} cannot be {choice}; choose one of: {choices}."),
    ),
    Reason.DECISION_OUT_OF_RANGE: in_words(
        422,
        "评定超出范围",
        "Decision out of range",
        ("评定 {amount} 不在 {min} 至 {max} 之间。", "The decided {amount} is not between {min} and {max}."),
    ),
    Reason.NOTHING_EARNED: in_words(
        422,
        "未得分",
        "Nothing earned",
        ("按规则 {rule},此次不足以得分。", "By the rule {rule} this is not enough for a point."),
    ),
    Reason.LIMIT_REACHED: in_words(
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
        (
            "上限 {limit} 已用 {used},自 {resets_on} 起重新计算。",
            "{used} of the limit {limit} are used; it starts again on {resets_on}.",
        ),
        ("上限 {limit} 已用 {used},不再重新计算。", "{used} of the limit {limit} are used; it does not start again."),
    ),
    Reason.INSUFFICIENT_POINTS: in_words(
        422,
        "积分不足",
        "Not enough points",
        (
            "需要 {required} 分,可用 {available} 分,还差 {missing} 分。请减少商品或先积累积分。",
            "{required} points are needed, {available} can be spent: {missing} are missing. Take less or earn first.",
        ),
    ),
    Reason.OUT_OF_STOCK: in_words(
        422,
        "库存不足",
        "Out of stock",
        (
            "{item} 需要 {required} 件,仅余 {left} 件。请减少数量或换其他商品。",
            "{required} of {item} are needed and {left} are left. Take fewer, or something else.",
        ),
    ),
    Reason.AMOUNT_TOO_LARGE: in_words(
        422,
        "数额过大",
        "Amount too large",
        ("{required} 超过允许的最大值 {limit}。", "{required} is more than the largest amount allowed, {limit}."),
    ),
}
