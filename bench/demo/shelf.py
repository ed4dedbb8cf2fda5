"""The supermarket: goods with a label each, donated pieces among them, and what happens at its counter."""

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from bench.demo.caller import Answer, Body, Caller
from bench.demo.month import moved
from bench.demo.notebook import Notebook, balances_of
from bench.demo.people import Person, Residents
from bench.demo.proof import must, must_equal
from bench.demo.words import padded, say, show

SUPERMARKET = "out_fuxi-supermarket"
BOUGHT = {"tissue": (60, 900), "laundry-liquid": (12, 1_800), "soap": (40, 300), "toothpaste": (40, 350)} | {
    "bin-bags": (40, 200),
    "washing-up-liquid": (20, 500),
    "masks": (3, 250),
}
"""Pieces, and what the community paid for one in fen."""


class Gift(msgspec.Struct, frozen=True):
    """A piece that somebody brought on the donation day, and the points at which a worker valued it."""

    giver: int
    station: str
    item: str
    kind: str
    grade: str
    points: int
    reason: str


STATIONS = {"ankang-station": "安康小区 / Ankang", "huating-station": "华亭国际小区 / Huating International"}
GIFTS = (
    Gift(64, "ankang-station", "picture-book-three-bears", "children-books", "good", 12, "绘本,书脊略旧"),
    Gift(65, "ankang-station", "toy-excavator", "toys", "good", 14, "完好,缺一贴纸"),
    Gift(66, "ankang-station", "toy-blocks", "toys", "like-new", 20, "未拆封"),
    Gift(67, "huating-station", "child-shoes-28", "shoes", "like-new", 22, "仅试穿"),
    Gift(68, "huating-station", "child-coat-120", "clothes", "good", 26, "七成新以上"),
    Gift(69, "huating-station", "wool-scarf", "clothes", "usable", 8, "可用"),
)


class Prices:
    """The labels of today, as anybody may read them without a key."""

    def __init__(self, caller: Caller) -> None:
        rows = caller.get("prices", role="resident", limit=200)["prices"]
        offers = caller.get("offers", role="resident", limit=200)["offers"]
        self.items: dict[str, Body] = {row["item"]: row for row in rows}
        self.offers: dict[tuple[str, str], int] = {(row["merchant"], row["offer"]): row["points"] for row in offers}

    def __getitem__(self, item: str) -> int:
        must(item in self.items, f"{item} has a price today (is this machine's clock right?)")
        points: int = self.items[item]["points"]
        return points

    def print_labels(self, items: Iterable[str]) -> None:
        for item in items:
            title = self.items[item]["title"]
            show(f"{padded(title['zh'], 12)} {title['en']:<32} {self[item]:>4} 分 / points")


def fill(caller: Caller, notebook: Notebook) -> None:
    for item, (pieces, fen) in BOUGHT.items():
        body = {"outlet": SUPERMARKET, "item": item, "quantity": pieces, "cost_fen": pieces * fen}
        caller.posted("stock/receipts", body, key=f"bought-{item}")
        notebook.stock[SUPERMARKET, item] += pieces


def take_gifts(caller: Caller, notebook: Notebook, residents: Residents) -> None:
    """A worker at the station looks at each piece and values it within the range of its grade; in one transaction
    the giver has the points and the piece stands on the supermarket's shelf, with its provenance."""
    for gift in GIFTS:
        facts = {
            "happened_on": "2026-09-19",
            "choices": {"kind-of-goods": gift.kind, "grade": gift.grade},
            "decision": {"amount": gift.points, "reason": gift.reason},
            "note": STATIONS[gift.station],
        }
        giver = residents[gift.giver].id
        award = {"rule": "donated-goods", "recipient": giver, "facts": facts}
        body = {"outlet": SUPERMARKET, "item": gift.item, "quantity": 1, "award": award}
        receipt = caller.posted("stock/donations", body, key=f"donated-{gift.item}")
        must_equal(moved(receipt, giver, "points"), gift.points, f"points for {gift.item}")
        notebook.earn(giver, gift.points)
        notebook.stock[SUPERMARKET, gift.item] += 1
        told = caller.get(f"donations/don_{receipt['transaction'][4:]}")
        must_equal((told["donor"], told["item"], told["grades"]["grade"]), (giver, gift.item, gift.grade), "provenance")
    on_shelf = {row["item"]: row["stock"] for row in caller.get(f"outlets/{SUPERMARKET}/stock")["items"]}
    must(all(on_shelf[gift.item] == 1 for gift in GIFTS), "each donated piece is there once")
    for station, name in STATIONS.items():
        gifts = [gift for gift in GIFTS if gift.station == station]
        points = sum(gift.points for gift in gifts)
        say(
            f"{name}: {len(gifts)} 件旧物折 {points} 分,入库贴标", f"{len(gifts)} pieces, {points} points, on the shelf"
        )


def basket(person: Person, *items: str, outlet: str = SUPERMARKET) -> Body:
    return {"owner": person.id, "outlet": outlet, "lines": [{"item": item, "quantity": 1} for item in items]}


def buy(caller: Caller, notebook: Notebook, person: Person, *items: str, key: str) -> Body:
    """At the counter, by the cashier's key; answers the receipt."""
    receipt = caller.posted("redemptions", basket(person, *items), key=key, role="cashier")
    note_sale(notebook, person, receipt)
    return receipt


def note_sale(notebook: Notebook, person: Person, receipt: Body) -> None:
    """By the lines of the receipt, after its points were compared with them."""
    points = sum(line["points"] for line in receipt["about"]["lines"])
    must_equal(moved(receipt, person.id, "points"), -points, "points taken are the sum of the lines")
    pieces: Counter[str] = Counter()
    for line in receipt["about"]["lines"]:
        pieces[line["item"]] += line["quantity"]
    notebook.spend(person.id, points, outlet=SUPERMARKET, items=pieces)


def redemption_morning(caller: Caller, notebook: Notebook, prices: Prices, people: Iterable[Person]) -> None:
    """Everyone takes a donated piece if the points reach one, else the dearest thing that is still there."""
    receipts = []
    wanted = [gift.item for gift in GIFTS] + [item for item in BOUGHT if item not in ("masks", "laundry-liquid")]
    for person in people:
        has = notebook.points[person.id]
        there = [item for item in wanted if prices[item] <= has and notebook.stock[SUPERMARKET, item] > 0]
        if there:
            item = max(there, key=lambda item: (item not in BOUGHT, prices[item]))
            receipts.append(buy(caller, notebook, person, item, key=f"morning-{person.reference}"))
    points = sum(line["points"] for receipt in receipts for line in receipt["about"]["lines"])
    must(all(notebook.stock[SUPERMARKET, gift.item] == 0 for gift in GIFTS), "every donated piece has a new owner")
    say(f"积分超市:{len(receipts)} 人兑换,共 {points} 分", f"supermarket: {len(receipts)} people, {points} points")
    say(f"捐赠的 {len(GIFTS)} 件旧物都有了新主人", f"all {len(GIFTS)} donated pieces have a new owner")


def last_pieces(caller: Caller, notebook: Notebook, prices: Prices, people: list[Person]) -> None:
    """Sixteen at once for the last packets of masks: exactly as many pass as there are packets."""
    left = notebook.stock[SUPERMARKET, "masks"]
    must_equal(len(people), 16, "people who ask")
    must(all(notebook.points[person.id] >= prices["masks"] for person in people), "each of them has the points")

    def ask(person: Person) -> Answer:
        return caller.post("redemptions", basket(person, "masks"), key=f"masks-{person.reference}", role="cashier")

    with ThreadPoolExecutor(len(people)) as pool:
        answers = list(pool.map(ask, people))
    passed = [number for number, answer in enumerate(answers) if answer.status == 201]
    must_equal(len(passed), left, "redemptions that passed")
    for number, (person, answer) in enumerate(zip(people, answers, strict=True)):
        if number in passed:
            note_sale(notebook, person, answer.body)
        else:
            must_equal((answer.status, answer.body["code"]), (422, "out_of_stock"), "the others are told")
            must_equal(answer.body["numbers"]["left"], 0, "and how many are left")
        must_equal(balances_of(caller, person.id)["main", "points"], notebook.points[person.id], "nobody else paid")
    must_equal(notebook.stock[SUPERMARKET, "masks"], 0, "packets of masks left")
    say(
        f"{len(people)} 人同时兑换最后 {left} 包口罩:{len(passed)} 人成功,{len(people) - len(passed)} 人被告知无货",
        f"{len(people)} at once for the last {left} packets of masks: {len(passed)} pass, the rest are told",
    )
