"""The alliance of thirty shops: residents spend points there, and a shop spends what it earned by serving."""

from collections.abc import Iterable

from bench.demo.caller import Caller
from bench.demo.month import BARBER, moved
from bench.demo.notebook import Notebook
from bench.demo.people import Person
from bench.demo.proof import must, must_equal
from bench.demo.shelf import Prices, basket, note_sale
from bench.demo.words import say

VISITS_MAX = 16


def visit_shops(caller: Caller, notebook: Notebook, prices: Prices, people: Iterable[Person]) -> None:
    """Each goes to the next shop whose offer the points reach; at the barber's the shop's own key takes them."""
    must(len({shop for shop, _ in prices.offers}) == 30, "thirty shops")
    waiting = sorted(prices.offers.items())
    visits = points = 0
    for person in people:
        fits = next((entry for entry in waiting if entry[1] <= notebook.points[person.id]), None)
        if fits is None or visits == VISITS_MAX:
            continue
        waiting.remove(fits)
        (shop, offer), price = fits
        body = {"owner": person.id, "merchant": shop, "lines": [{"item": offer}]}
        role = "merchant" if shop == BARBER else "operator"
        receipt = caller.posted("redemptions", body, key=f"shop-{person.reference}", role=role)
        must_equal(moved(receipt, shop, "points"), price, "what the shop may claim")
        notebook.spend_at_shop(person.id, price, shop)
        visits, points = visits + 1, points + price
    must(visits > 5, "residents visit the shops")
    say(f"爱心商铺:{visits} 人次,{points} 分待结算", f"alliance shops: {visits} visits, {points} points to be settled")


def shop_spends(caller: Caller, notebook: Notebook) -> None:
    """The barber gave free haircuts and takes goods for it; what it earned never mixes with what it may claim."""
    barber = Person("barber", "丽剪理发", "fuxi", BARBER)
    receipt = caller.posted("redemptions", basket(barber, "tissue"), key="barber-tissue", role="cashier")
    note_sale(notebook, barber, receipt)
    say("理发店用义剪所得 30 分换一提纸巾", "the barber takes tissue for the 30 points its free haircuts earned")
