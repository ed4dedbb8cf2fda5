"""The list of all figures. To add one: write a coroutine that takes the stand and answers figures, and name it here."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from bench import beside_http, four_legs, growing, over_http, overload, starting
from bench.results import Bound, Figure
from bench.stand import Stand


class Measurement(msgspec.Struct, frozen=True):
    """What is run, and the figures it answers; None where nothing is promised."""

    take: Callable[[Stand], Awaitable[list[Figure]]]
    bounds: Mapping[str, Bound | None]
    is_quick: bool = False


P99 = Bound(40.0, 15.0, "p99", is_most=True)


def most(must: float, goal: float) -> Bound:
    """Of the value: the less the better."""
    return Bound(must, goal, "value", is_most=True)


def least(must: float, goal: float) -> Bound:
    """Of the value: the more the better."""
    return Bound(must, goal, "value")


MEASUREMENTS: tuple[Measurement, ...] = (
    Measurement(
        over_http.singles,
        {
            "http_single_c64": Bound(1.0, 2.3),
            "http_single_p99": most(40.0, 15.0),
            "http_single_open": P99,
            "rss_mb": most(250.0, 150.0),
            "table_bytes": None,
            "index_bytes": None,
            "wal_bytes": None,
        },
        is_quick=True,
    ),
    Measurement(over_http.lists, {"http_batch100": Bound(1.8, 4.0)}, is_quick=True),
    Measurement(over_http.balances, {"http_balance_c64": Bound(2.0, 6.0)}, is_quick=True),
    # Twice the entries of a redemption of W, and cash beside points: half of what a single call of W must reach.
    Measurement(four_legs.four_legs, {"http_four_legs_c64": Bound(0.5, 1.2)}),
    Measurement(over_http.many_programmes, {"http_single_204": Bound(0.8, 2.0)}),
    Measurement(over_http.sealed_singles, {"http_single_sealed": None}),
    Measurement(beside_http.lanes, {"inprocess_c256": Bound(2.0, 4.0)}),
    Measurement(beside_http.scoring, {"rule_score": most(100.0, 100.0)}),
    Measurement(
        beside_http.inspection,
        {"inspection_58k": most(20.0, 10.0), "inspection_counter_p99": most(300.0, 300.0)},
    ),
    Measurement(beside_http.imports, {"import_58k_csv": most(30.0, 15.0), "import_58k_xlsx": most(30.0, 15.0)}),
    Measurement(
        overload.floods,
        {
            "overload": least(0.9, 0.9),
            "overload_shed_p99": most(50.0, 50.0),
            "overload_recovery": most(10.0, 10.0),
        },
    ),
    Measurement(starting.starts, {"start": most(3.0, 3.0), "first_start_more": most(3.0, 3.0)}),
    Measurement(beside_http.check_of_ten_million, {"check_10m": most(60.0, 25.0)}),
    Measurement(growing.large_beside_small, {"growth_10m": least(0.8, 0.95), "http_batch100_10m": None}),
)
BOUNDS: Mapping[str, Bound | None] = {
    name: bound for measurement in MEASUREMENTS for name, bound in measurement.bounds.items()
}
