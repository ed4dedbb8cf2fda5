"""A shop is paid: from the first points that it took in September to a statement that is paid and closed."""

from collections.abc import Iterable

from bench.demo.caller import Body, Caller
from bench.demo.month import BARBER
from bench.demo.notebook import Notebook, balances_of
from bench.demo.people import Person
from bench.demo.proof import must_equal
from bench.demo.shelf import Prices
from bench.demo.words import say, show

CUSTOMERS = 3
FUND_FEN = 100_000
FEN_A_POINT = 50
DAYS = ("2026-09-12", "2026-09-19", "2026-09-26")


def settle_september(caller: Caller, notebook: Notebook, prices: Prices, people: Iterable[Person]) -> None:
    """Before the shop has taken anything in a later month, for a statement is one stretch of its account."""
    offer, price = next((offer, points) for (shop, offer), points in prices.offers.items() if shop == BARBER)
    able = [person for person in people if notebook.points[person.id] >= price][:CUSTOMERS]
    must_equal(len(able), CUSTOMERS, "residents who can pay at the barber's")
    sales = hand_in_paper_list(caller, notebook, able, offer, price)
    caller.posted("funds", {"fen": FUND_FEN, "note": "街道拨付"}, key="fund-1", role="admin")
    statement = draw_and_agree(caller, price)
    pay(caller, notebook, statement, price)
    take_back(caller, notebook, able[0], sales[0], price)


def hand_in_paper_list(caller: Caller, notebook: Notebook, able: list[Person], offer: str, price: int) -> list[str]:
    """The shop had no device yet: a worker books its list, each line on its own day."""
    sales = []
    for number, person in enumerate(able):
        sale = {"verb": "redeem", "owner": person.id, "merchant": BARBER, "lines": [{"item": offer}]}
        body = {"atomic": True, "commands": [{"effective_on": DAYS[number], "command": sale}]}
        sales.append(caller.posted("commands", body, key=f"barber-paper-{number}")["transaction"])
    for person in able:
        notebook.spend_at_shop(person.id, price, BARBER)
    say(f"理发店九月纸质清单 {CUSTOMERS} 笔补录", f"{CUSTOMERS} lines of the barber's paper list of September")
    return sales


def draw_and_agree(caller: Caller, price: int) -> Body:
    """By the month, two weeks after its end; the shop doubts one line, and is shown that it is right."""
    statement = caller.posted("settlements", {"merchant": BARBER}, key="statement-1")
    id = statement["settlement"]
    must_equal(statement["sums"]["points"], CUSTOMERS * price, "points of the statement")
    must_equal(statement["sums"]["fen"], CUSTOMERS * price * FEN_A_POINT, "money of the statement")
    lines = caller.get(f"settlements/{id}/lines")["lines"]
    must_equal(sum(line["fen"] for line in lines), statement["sums"]["fen"], "the sum is that of the lines")
    for line in lines:
        worth = f"{line['fen'] / 100:>8.2f} 元 / yuan"
        show(f"{line['line']}. {line['effective_on']} {line['points']:>4} 分 / points {worth}")
    caller.refused(f"settlements/{id}/confirm", None, "second_approver_needed", key="confirm-own")
    doubt = {"lines": [{"line": 2, "note": "这一笔不记得"}]}
    disputed = caller.posted(f"settlements/{id}/dispute", doubt, key="dispute-1", role="merchant")
    must_equal((disputed["state"], disputed["disputed"]), ("disputed", 1), "the shop disputes a line")
    caller.refused(f"settlements/{id}/pay", {"method": "cash"}, "wrong_step", key="pay-early", role="admin")
    shown = {"lines": [{"line": 2, "keep": True, "note": "出示居民签字"}]}
    resolved = caller.posted(f"settlements/{id}/resolve", shown, key="resolve-1")
    must_equal(resolved["state"], "resolved", "the line stays")
    say("结算单逐行核对:一行有异议,出示凭据后保留", "the statement is looked at line by line; one is disputed and kept")
    return resolved


def pay(caller: Caller, notebook: Notebook, statement: Body, price: int) -> None:
    """Once, less a fiftieth; then it is closed."""
    id, sums = statement["settlement"], statement["sums"]
    paid = caller.posted(f"settlements/{id}/pay", {"method": "cash"}, key="pay-1", role="admin")
    money = sum(entry["amount"] for entry in paid["entries"] if entry["purse"] == "fund")
    must_equal(-money, sums["net_fen"], "what leaves the fund is what the statement says")
    must_equal(sums["net_fen"], sums["fen"] - sums["commission_fen"], "commission and payment add up")
    notebook.claims[BARBER] -= CUSTOMERS * price
    must_equal(balances_of(caller, BARBER).get(("claims", "points"), 0), notebook.claims[BARBER], "nothing is left")
    closed = caller.post(f"settlements/{id}/close", None, key="close-1", role="admin", language="en")
    must_equal((closed.status, closed.body["state"]), (200, "closed"), "the statement is closed")
    paid_out, kept = f"{sums['net_fen'] / 100:.2f}", f"{sums['commission_fen'] / 100:.2f}"
    say(
        f"理发店九月结算:{sums['points']} 分,付 {paid_out} 元,佣金 {kept} 元",
        f"September paid to the barber: {sums['points']} points, {paid_out} yuan, {kept} kept",
    )


def take_back(caller: Caller, notebook: Notebook, person: Person, sale: str, price: int) -> None:
    """A refund after the payment stands below zero until the next statement."""
    caller.posted(f"redemptions/{sale}/refund", {}, key="barber-back", role="merchant")
    notebook.points[person.id] += price
    notebook.claims[BARBER] -= price
    must_equal(balances_of(caller, BARBER)["claims", "points"], notebook.claims[BARBER], "claims below zero")
    caller.refused("settlements", {"merchant": BARBER}, "nothing_to_settle", key="statement-2")
    say("付款后退 1 笔,转入下期结算", "a refund after the payment goes to the next statement")
