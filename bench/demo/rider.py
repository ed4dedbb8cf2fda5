"""The delivery rider, who lives elsewhere: two snapshots, two clean-ups, thirty points, a pack of tissue."""

from bench.demo.caller import Body, Caller
from bench.demo.month import do, hazard
from bench.demo.notebook import Notebook, balances_of
from bench.demo.people import Person
from bench.demo.proof import must, must_equal
from bench.demo.shelf import Prices, basket, buy
from bench.demo.words import day_zh, padded, say, show

TISSUE_POINTS = 30
SNAPSHOTS_ON = "2026-09-03"


def photograph(caller: Caller, notebook: Notebook, rider: Person) -> None:
    """Two a day count; the third is refused with the day on which counting starts again."""
    for _ in range(2):
        do(caller, notebook, hazard(rider, SNAPSHOTS_ON))
    third = hazard(rider, SNAPSHOTS_ON)
    report = {"rule": third.rule, "recipient": third.recipient, "facts": third.facts}
    recorded = caller.posted("activities", report, key="rider-third-snapshot")
    path = f"activities/{recorded['activity']}/award"
    problem = caller.refused(path, None, "limit_reached", key="rider-third-snapshot-award", role="reviewer")
    numbers = problem["numbers"]
    must_equal((numbers["limit"], numbers["used"], numbers["resets_on"]), (2, 2, "2026-09-04"), "the limit's numbers")
    say(f"{day_zh(SNAPSHOTS_ON)} 骑手随手拍 2 次,10 分", "the rider photographs two hazards: 10 points")
    tell_refusal(caller, path, None, key="rider-third-snapshot-award", role="reviewer")


def try_too_early(caller: Caller, notebook: Notebook, rider: Person) -> None:
    """Twenty points do not buy what costs thirty, and he is told how many are missing."""
    must_equal(notebook.points[rider.id], 20, "the rider's points before the second clean-up")
    wanted = basket(rider, "tissue")
    problem = caller.refused("redemptions", wanted, "insufficient_points", key="rider-too-early", role="cashier")
    must_equal(problem["numbers"], {"required": TISSUE_POINTS, "available": 20, "missing": 10}, "the numbers told")
    tell_refusal(caller, "redemptions", wanted, key="rider-too-early", role="cashier")
    must_equal(balances_of(caller, rider.id)["main", "points"], 20, "a refusal takes nothing")


def take_tissue(caller: Caller, notebook: Notebook, rider: Person) -> Body:
    """Exactly thirty, then none."""
    must_equal(balances_of(caller, rider.id)["main", "points"], TISSUE_POINTS, "the rider's points")
    receipt = buy(caller, notebook, rider, "tissue", key="rider-tissue")
    must_equal(balances_of(caller, rider.id)["main", "points"], 0, "the rider's points afterwards")
    say("骑手满 30 分,换走一提纸巾,余 0 分", "the rider has 30 points and takes a pack of tissue; 0 are left")
    return receipt


def tell_refusal(caller: Caller, path: str, body: Body, *, key: str, role: str) -> None:
    """The same refusal asked for again under the same key, in both languages: a refusal is final, too."""
    for language in ("zh-CN", "en"):
        answer = caller.post(path, body, key=key, role=role, language=language)
        must(answer.is_replayed, "a refusal asked for again is a replay")
        show(f"  × {answer.body['title']} — {answer.body['detail']}")


def print_statement(caller: Caller, rider: Person) -> None:
    """As the rider reads it, each award with the reason for its points."""
    lines = caller.get(f"accounts/{rider.id}/statement")["lines"]
    must_equal(sum(line["amount"] for line in lines), 0, "the statement adds to the balance")
    must_equal(lines[0]["balance"], 0, "the newest line shows the balance")
    for line in reversed(lines):
        day = line["happened_on"] or "—"
        title = padded(line["title"]["zh"], 20)
        show(f"{day:<10} {title} {line['amount']:>+4} → {line['balance']:>3}   {line['title']['en']}")
        if line["kind"] == "award":
            for step in caller.get(f"awards/{line['transaction']}/explain")["steps"][1:]:
                show(f"             · {step['zh']} / {step['en']}")


def print_receipt(caller: Caller, prices: Prices, receipt: Body, owner: str) -> None:
    """What the printer at the counter would show."""
    [purse] = [entry for entry in receipt["entries"] if entry["owner"] == owner and entry["purse"] == "main"]
    found = caller.get(f"transactions/{receipt['transaction']}")
    must_equal(found, receipt, "the receipt asked for again is the receipt that was answered")
    show("府西社区积分超市 / Fuxi points supermarket")
    show(f"单号 / number        {receipt['transaction']}")
    show(f"日期 / day           {receipt['effective_on']}")
    for line in receipt["about"]["lines"]:
        title = prices.items[line["item"]]["title"]
        show(f"{title['zh']} / {title['en']} ×{line['quantity']}   {line['points']} 分 / points")
    show(f"兑换前 / before      {purse['balance_after'] - purse['amount']}")
    show(f"兑换后 / after       {purse['balance_after']}")
