"""Roles for one area of a programme, at every route."""

from collections.abc import Callable

from ledger.hall.access import TABLE, Role
from tests.api.matrix import MATRIX, P
from tests.api.test_access import REFUSED, Town, town  # noqa: F401 - the fixture
from tests.api.test_sessions import add, token

# Verbs of somebody, posted for a whole sheet or list at once, or decided by their number.
CLOSED = {
    ("POST", f"{P}/inspections/{{inspection}}/post"),
    ("POST", f"{P}/sign-up-lists/{{list}}/credit"),
    ("POST", f"{P}/adjustments/{{adjustment}}/approve"),
    ("POST", f"{P}/adjustments/{{adjustment}}/decline"),
}
# What the walk asks for in both cases: a card of the area's own, a list of its own, a transfer across the border.
ALIKE = {("POST", f"{P}/cards"): None, ("GET", f"{P}/activities"): None, ("POST", f"{P}/transfers"): 404}


async def test_an_area_ends_at_its_border_at_every_route(
    town: Town,  # noqa: F811
    record_property: Callable[[str, object], None],
) -> None:
    """A worker and a grid worker of one half of the village: whose thing it is decides, or the route is closed."""
    await town.office.village.rows(
        "UPDATE owner SET area = CASE WHEN id IN ('hh_1', 'mbr_1') THEN 'east' ELSE 'west' END"
        " WHERE kind IN ('household', 'member')"
    )
    admin, before, wrong = await town.office.key("admin"), town.counts.total(), []
    for role in (Role.OPERATOR, Role.REVIEWER):
        await add(town.office, admin, role, role=role, programme="village", area="east")
        held = await token(town.office, role)
        for route in (route for route in MATRIX if role in MATRIX[route][0].split()):
            access = TABLE[route]
            is_everyones = len(access.all) == len(Role)
            is_closed = route in CLOSED or not (is_everyones or access.whose or access.own.get(Role.RESIDENT))
            for whose in ("own", "other"):
                status = await town.status(route, "resident", whose, "village", held)
                expected = 403 if is_closed else (404 if whose == "other" and not is_everyones else None)
                expected = ALIKE.get(route, expected)
                if (status in REFUSED or status >= 500) if expected is None else status != expected:
                    wrong.append((*route, role, whose, status, expected))
    assert wrong == [], "\n".join(map(str, wrong))
    record_property("Q9", f"roles of an area at every route: {town.counts.total() - before} cells")
