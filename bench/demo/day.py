"""A day at a counter: a shift with a float, sales, a refund, two sales from a power cut, and the close."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.demo.caller import Body, Caller
from bench.demo.notebook import Notebook
from bench.demo.people import Person
from bench.demo.proof import must, must_equal
from bench.demo.shelf import BOUGHT, SUPERMARKET, Prices, buy
from bench.demo.words import say, show

FLOAT_FEN, MISSING_FEN = 20_000, 50
SERVED_BY = "staff:wang"


def live_a_day(caller: Caller, notebook: Notebook, prices: Prices, people: Sequence[Person]) -> Body:
    """Answers the closing document."""
    terminal, shift = open_counter(caller)
    able = [person for person in people if notebook.points[person.id] >= prices["soap"]]
    must(len(able) >= 5, "five people can afford a bar of soap")
    receipts = [buy(caller, notebook, person, "soap", key=f"day-{person.reference}") for person in able[:3]]
    told = [receipt["about"]["shift"] for receipt in receipts]
    must_equal(told, [shift] * 3, "each sale belongs to the shift")
    numbers = [receipt["about"]["number"] for receipt in receipts]
    must_equal(numbers, [*range(numbers[0], numbers[0] + 3)], "receipts are numbered without a gap")
    bring_back(caller, notebook, able[2], receipts[2], prices["soap"])
    sell_without_power(caller, notebook, prices, terminal, able[3:5])
    print_slip(caller, receipts[0])
    return close_counter(caller, notebook, shift)


def open_counter(caller: Caller) -> tuple[str, str]:
    """The till is registered under the name that its key has; until its shift is open it sells nothing."""
    device = {
        "terminal": caller.principal("cashier"),
        "outlet": SUPERMARKET,
        "label": "一号收银台",
        "offline_sale_max": 100,
        "offline_day_max": 1_000,
    }
    terminal = caller.posted("terminals", device, key="terminal-1")["id"]
    opening = {"terminal": terminal, "served_by": SERVED_BY, "float_fen": FLOAT_FEN}
    shift = caller.posted("shifts", opening, key="shift-1", role="cashier")["shift"]
    say("收银台登记,开班,备用金 200.00 元", "the till is registered; a shift opens with a float of 200.00 yuan")
    return terminal, shift


def bring_back(caller: Caller, notebook: Notebook, person: Person, receipt: Body, points: int) -> None:
    back = {"lines": [{"item": "soap", "quantity": 1, "goods": "restock"}]}
    caller.posted(f"redemptions/{receipt['transaction']}/refund", back, key="day-back", role="cashier")
    notebook.points[person.id] += points
    notebook.redeemed -= points
    notebook.stock[SUPERMARKET, "soap"] += 1
    say("一块香皂退回货架,积分退回", "a bar of soap comes back to the shelf, its points to their owner")


def sell_without_power(
    caller: Caller, notebook: Notebook, prices: Prices, terminal: str, people: Sequence[Person]
) -> None:
    """Two sales on paper, sent twice and the wrong way round: posted once each."""
    at = datetime.now(UTC) - timedelta(minutes=20)
    sales = [
        {
            "owner": person.id,
            "outlet": SUPERMARKET,
            "lines": [{"item": "soap", "quantity": 1}],
            "happened_at": (at + timedelta(minutes=number)).isoformat(timespec="seconds"),
            "sequence": number,
        }
        for number, person in enumerate(people, start=1)
    ]
    for turn, outcome in ((0, "posted"), (1, "repeated")):
        told = caller.posted(
            f"terminals/{terminal}/late-sales", {"sales": sales[::-1]}, key=f"late-{turn}", role="cashier"
        )
        must_equal([one["outcome"] for one in told["answers"]], [outcome] * 2, "each once")
        must_equal(told["sequences"]["gaps"], [], "no number is missing")
    for person in people:
        notebook.spend(person.id, prices["soap"], outlet=SUPERMARKET, items={"soap": 1})
    say("停电时手写的两笔补录,重复发送只入账一次", "two sales from a power cut, sent twice, are posted once")


def print_slip(caller: Caller, receipt: Body) -> None:
    for line in caller.text(f"transactions/{receipt['transaction']}/slip/text").splitlines():
        show(f"| {line}")


def close_counter(caller: Caller, notebook: Notebook, shift: str) -> Body:
    """Fifty fen are missing: refused until the reason is told. The document is what was sold, and the ledger agrees."""
    lines = [{"item": item, "counted": notebook.stock[SUPERMARKET, item]} for item in BOUGHT]
    counted = {"counted_fen": FLOAT_FEN - MISSING_FEN, "lines": lines}
    path = f"shifts/{shift}/close"
    problem = caller.refused(path, counted, "difference_unexplained", key="close-1", role="cashier")
    show(f"  × {problem['detail']}")
    closed = caller.posted(path, {**counted, "cash_reason": "wrong_change"}, key="close-2", role="cashier")
    kinds = {one["kind"]: one["receipts"] for one in closed["report"]["totals"]["kinds"]}
    must_equal(kinds, {"redeem": 3, "refund": 1, "late_sale": 2}, "receipts of the shift")
    must_equal(closed["report"]["expected_fen"], FLOAT_FEN, "what should lie in the drawer")
    must(all(line["expected"] == line["counted"] for line in closed["sheet"][1:]), "every shelf is as the books say")
    soap = next(one for one in closed["report"]["totals"]["goods"] if one["item"] == "soap")
    must_equal((soap["sold"], soap["returned"]), (5, 1), "bars of soap")
    must(closed["report"]["checkpoint"] is not None, "the document names the last sealed checkpoint")
    again = caller.get(f"shifts/{shift}", role="cashier")
    must_equal(again, closed, "the document stays as it is")
    first, last = closed["report"]["totals"]["first_number"], closed["report"]["totals"]["last_number"]
    say(
        f"交班:小票 {first}–{last},现金短 0.50 元(找错零钱),{len(lines)} 种货与账一致",
        f"the shift closes: receipts {first} to {last}, 0.50 yuan short (wrong change), {len(lines)} goods agree",
    )
    show(f"  封存检查点 / checkpoint {closed['report']['checkpoint']['size']}, 文件摘要 / digest {closed['digest']}")
    return dict(closed)
