"""What goes wrong at a real counter: a lost answer, a wrong item, an award counted twice."""

from bench.demo.caller import REPLAYED, Caller
from bench.demo.month import do, hazard, proposal
from bench.demo.notebook import Notebook, balances_of
from bench.demo.people import Person
from bench.demo.proof import must, must_equal
from bench.demo.shelf import SUPERMARKET, Prices, basket, buy, note_sale
from bench.demo.words import say


def lose_an_answer(caller: Caller, notebook: Notebook, person: Person) -> None:
    """The line is cut before the answer is read; the till sends the call again under the same key."""
    wanted = basket(person, "soap")
    caller.lose_answer("redemptions", wanted, key="till-1-000417", role="cashier")
    again = caller.post("redemptions", wanted, key="till-1-000417", role="cashier")
    must(again.status == 201 and again.is_replayed, f"the second call is a replay ({REPLAYED}): {again}")
    note_sale(notebook, person, again.body)
    must_equal(balances_of(caller, person.id)["main", "points"], notebook.points[person.id], "points are taken once")
    stock = balances_of(caller, SUPERMARKET)["stock", "item:soap"]
    must_equal(stock, notebook.stock[SUPERMARKET, "soap"], "one bar of soap left the shelf")
    other = caller.post("redemptions", basket(person, "bin-bags"), key="till-1-000417", role="cashier")
    must_equal((other.status, other.body["code"]), (422, "idempotency_key_reused"), "another call under the key")
    say("应答丢失后用同一键重发:只扣一次分、只出一次库", "the answer was lost, the call sent again: one effect")


def undo_a_wrong_item(caller: Caller, notebook: Notebook, prices: Prices, person: Person) -> None:
    """The cashier took the wrong thing from the list: the redemption is reversed, points and goods are back."""
    before = notebook.points[person.id]
    receipt = buy(caller, notebook, person, "toothpaste", key="wrong-item")
    path = f"transactions/{receipt['transaction']}/reverse"
    caller.posted(path, {"note": "录错商品"}, key="wrong-item-undone")
    notebook.points[person.id] += prices["toothpaste"]
    notebook.redeemed -= prices["toothpaste"]
    notebook.stock[SUPERMARKET, "toothpaste"] += 1
    must_equal(balances_of(caller, person.id)["main", "points"], before, "the points are back")
    stock = balances_of(caller, SUPERMARKET)["stock", "item:toothpaste"]
    must_equal(stock, notebook.stock[SUPERMARKET, "toothpaste"], "the toothpaste is back on the shelf")
    caller.refused(path, {}, "already_reversed", key="wrong-item-undone-twice")
    say("录错商品后冲正:积分和库存都退回", "a wrong item reversed: points and goods are back")


def undo_a_spent_award(caller: Caller, notebook: Notebook, prices: Prices, person: Person) -> None:
    """One proposal was entered twice and the points spent: what is gone is owed, and the next award repays it."""
    do(caller, notebook, proposal(person, "2026-09-21", 15, "增设晾衣杆"))
    twice = do(caller, notebook, proposal(person, "2026-09-21", 15, "增设晾衣杆(重复登记)"))
    has = notebook.points[person.id]
    pieces = has // prices["bin-bags"]
    buy(caller, notebook, person, *["bin-bags"] * pieces, key="spends-all")
    left = notebook.points[person.id]
    caller.posted(f"transactions/{twice['transaction']}/reverse", {"note": "重复登记"}, key="counted-twice")
    notebook.points[person.id] -= 15
    notebook.issued -= 15
    purses = balances_of(caller, person.id)
    must_equal((purses["main", "points"], purses["debt", "points"]), (0, left - 15), "the rest is owed")
    say(f"重复登记的 15 分已花掉:冲正后欠 {15 - left} 分", f"15 points given twice and spent: {15 - left} are owed")
    do(caller, notebook, hazard(person, "2026-09-28"))
    must_equal(balances_of(caller, person.id)["debt", "points"], left - 10, "the next award repays")
    say(f"再得 5 分先还欠分:还欠 {10 - left} 分", f"the next 5 points repay it: {10 - left} are still owed")
