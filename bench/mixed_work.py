"""Redemptions with four legs: points, cash and two kinds of goods change hands in one transaction."""

import random
from collections.abc import Iterator

import msgspec

from bench.workload import BEGIN, CATALOGUE, PRINCIPAL, TITLE, Size, household, outlet
from ledger.core.command import Command, Line, Receive, Redeem, Request
from ledger.core.item import Item, Price

KINDS = 8
POINTS, FEN = 1, 100
PIECES = 1_000_000

MIXED_CATALOGUE = msgspec.structs.replace(
    CATALOGUE,
    items=(
        *CATALOGUE.items,
        *(
            Item(
                id=f"mixed-{kind}",
                title=TITLE,
                category="home",
                prices=(Price(label=1, from_=BEGIN, points=POINTS, cash=FEN),),
            )
            for kind in range(KINDS)
        ),
    ),
)
"""Beside what W sells, goods that cost a point and a yuan each."""


def mixed_work(size: Size, seed: int) -> Iterator[Request]:
    """Without end; no key of it is one of W's."""
    draw = random.Random(f"mixed {seed}")
    while True:
        first, second = draw.sample(range(KINDS), 2)
        lines = (Line(f"mixed-{first}"), Line(f"mixed-{second}"))
        owner, shop = household(draw.randrange(size.households)), outlet(draw.randrange(size.outlets))
        command = Redeem(owner, lines, outlet=shop, cash_fen=2 * FEN)
        yield Request(size.slugs[0], PRINCIPAL, f"mixed-{draw.getrandbits(128):032x}", command)


def mixed_stock(size: Size) -> Iterator[Command]:
    for number in range(size.outlets):
        for kind in range(KINDS):
            yield Receive(outlet(number), f"mixed-{kind}", PIECES)
