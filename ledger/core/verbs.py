"""Which file speaks for which command: the one list that grows with a verb."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ledger.core import (
    activate,
    adjust,
    award,
    bonus,
    cancel,
    cancel_pending,
    capture,
    close_shift,
    command,
    count,
    deduct,
    divide,
    donate,
    expire,
    fund,
    hold,
    household,
    late_sale,
    merge,
    move,
    open,
    open_shift,
    paper,
    receive,
    redeem,
    refund,
    rerate,
    reset,
    return_goods,
    reverse,
    settle,
    sheet,
    shop_payment,
    split,
    stock_take,
    transfer,
    void,
    voucher,
    write_off,
)
from ledger.core.book import Book, Decision, Needs, Prior


class Verb(NamedTuple):
    """`needs` says what must be locked, from what never changes; `decide` is pure and raises `Refused`."""

    needs: Callable[[Any, Prior], Needs]
    decide: Callable[[Any, Book], Decision]


VERBS: dict[type, Verb] = {
    command.Award: Verb(award.needs, award.decide),
    command.Activate: Verb(activate.needs, activate.decide),
    command.CancelPending: Verb(cancel_pending.needs, cancel_pending.decide),
    command.Bonus: Verb(bonus.needs, bonus.decide),
    command.Rerate: Verb(rerate.needs, rerate.decide),
    command.Deduct: Verb(deduct.needs, deduct.decide),
    command.Transfer: Verb(transfer.needs, transfer.decide),
    household.Merge: Verb(merge.needs, merge.decide),
    household.Divide: Verb(divide.needs, divide.decide),
    paper.PayVoucher: Verb(voucher.needs, voucher.decide),
    command.Adjust: Verb(adjust.needs, adjust.decide),
    command.Open: Verb(open.needs, open.decide),
    command.Expire: Verb(expire.needs, expire.decide),
    command.Reset: Verb(reset.needs, reset.decide),
    command.Redeem: Verb(redeem.needs, redeem.decide),
    command.Hold: Verb(hold.needs, hold.decide),
    command.LateSale: Verb(late_sale.needs, late_sale.decide),
    command.Capture: Verb(capture.needs, capture.decide),
    command.Void: Verb(void.needs, void.decide),
    command.Refund: Verb(refund.needs, refund.decide),
    command.Reverse: Verb(reverse.needs, reverse.decide),
    command.Cancel: Verb(cancel.needs, cancel.decide),
    command.Settle: Verb(settle.needs, settle.decide),
    shop_payment.Fund: Verb(fund.needs, fund.decide),
    command.Split: Verb(split.needs, split.decide),
    command.Receive: Verb(receive.needs, receive.decide),
    command.Donate: Verb(donate.needs, donate.decide),
    command.Count: Verb(count.needs, count.decide),
    command.WriteOff: Verb(write_off.needs, write_off.decide),
    command.Move: Verb(move.needs, move.decide),
    command.Return: Verb(return_goods.needs, return_goods.decide),
    sheet.StockTake: Verb(stock_take.needs, stock_take.decide),
    sheet.OpenShift: Verb(open_shift.needs, open_shift.decide),
    sheet.CloseShift: Verb(close_shift.needs, close_shift.decide),
}
