"""What one line of a statement is about, in the words of the programme's own documents."""

from ledger.core.scheme import Scheme
from ledger.core.title import Title
from ledger.core.transaction import About, SoldLine

KINDS = {
    "award": Title("积分奖励", "Award"),
    "activate": Title("公示期满生效", "Active after its notice"),
    "cancel_pending": Title("公示取消", "Cancelled under notice"),
    "deduct": Title("扣分", "Deduction"),
    "transfer": Title("转移", "Transfer"),
    "pay_voucher": Title("积分券入账", "Voucher paid in"),
    "merge": Title("并户", "Households merged"),
    "divide": Title("分户", "Household divided"),
    "adjust": Title("更正", "Correction"),
    "open": Title("期初余额", "Brought over"),
    "expire": Title("到期", "Expired"),
    "reset": Title("重置", "Reset"),
    "redeem": Title("兑换", "Redemption"),
    "hold": Title("预留", "Reserved"),
    "capture": Title("预留兑换", "Reservation collected"),
    "void": Title("预留取消", "Reservation released"),
    "refund": Title("退货", "Refund"),
    "reverse": Title("冲正", "Reversal"),
    "cancel": Title("提前取消", "Cancelled before it arrived"),
    "settle": Title("商户结算", "Settlement"),
    "fund": Title("资金池收支", "Fund"),
    "split": Title("分红", "Dividend"),
    "receive": Title("入库", "Received"),
    "donate": Title("捐赠", "Donation"),
    "count": Title("盘点", "Stock-take"),
    "write_off": Title("报损", "Written off"),
    "move": Title("调拨", "Moved"),
    "return": Title("退回供应商", "Returned"),
    "late_sale": Title("离线补录", "Sold while offline"),
    "stock_take": Title("盘点单", "Count sheet"),
    "open_shift": Title("开班", "Shift opened"),
    "close_shift": Title("交班", "Shift closed"),
}
_PIECES_MAX = 5


def heading(scheme: Scheme, kind: str, about: About) -> Title:
    """The rule of an award, the goods of a redemption; otherwise the word for its kind."""
    plain = KINDS.get(kind, Title(kind, kind))
    if about.rule is not None:
        compiled = scheme.rulebook_by_digest(about.rulebook or "")
        rule = None if compiled is None else compiled.rules.get(about.rule)
        if rule is not None:
            title = rule.rule.title
            return title if kind == "award" else Title(f"{plain.zh}:{title.zh}", f"{plain.en}: {title.en}")
    if about.lines:
        goods = [_goods(scheme, about.merchant, line) for line in about.lines[:_PIECES_MAX]]
        more = Title("等", " and more") if len(about.lines) > _PIECES_MAX else Title("", "")
        zh, en = "、".join(part.zh for part in goods), ", ".join(part.en for part in goods)
        return Title(f"{plain.zh}:{zh}{more.zh}", f"{plain.en}: {en}{more.en}")
    return plain


def _goods(scheme: Scheme, merchant: str | None, line: SoldLine) -> Title:
    found = scheme.offers.get((merchant or "", line.item)) if line.offer else scheme.items.get(line.item)
    title = Title(line.item, line.item) if found is None else found.title
    return Title(f"{title.zh}×{line.quantity}", f"{title.en} ×{line.quantity}")
