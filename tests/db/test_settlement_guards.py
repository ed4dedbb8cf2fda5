"""What somebody with the service's own login could try on statements by raw SQL: refused by the promise it breaks."""

import asyncpg
import pytest

from ledger.core.settlement import Claim, Rests, StatementLine
from ledger.db.journal import show_programmes
from ledger.db.settlements import Drawn, insert_settlement
from tests.village import DAY, Village

LINE = StatementLine(Claim(1, "txn_1", "redeem", DAY, DAY, 20), "50", "0", 0, 1_000, 0)


def drawn(number: int) -> Drawn:
    id = f"stl_{number:0>18}"
    return Drawn(id, "mer_barber", "points", number, 1, 1, DAY, 0, 0, 20, Rests(), None, "system:drawer")


async def draw(village: Village, number: int) -> None:
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        await insert_settlement(village.connection, village.slug, drawn(number), [LINE], 0)


async def refused(village: Village, statement: str) -> str | None:
    """The name of the promise, or of the right that is missing."""
    try:
        async with village.connection.transaction():
            await show_programmes(village.connection, [village.slug])
            await village.connection.execute(statement)
    except asyncpg.IntegrityConstraintViolationError as error:
        return error.constraint_name
    except asyncpg.InsufficientPrivilegeError:
        return "denied"
    return None


async def test_a_claim_stands_in_one_statement(village: Village) -> None:
    await draw(village, 1)
    with pytest.raises(asyncpg.UniqueViolationError) as twice:
        await draw(village, 2)
    assert twice.value.constraint_name == "claim_settled_once"
    with pytest.raises(asyncpg.UniqueViolationError):
        await draw(village, 1)


async def test_a_statement_only_goes_forward(village: Village) -> None:
    await draw(village, 1)
    paid = "state = 'paid', paid_by = 'x', paid_at = now(), journal_id = 'txn_2'"
    for statement, promise in (
        (f"UPDATE settlement SET {paid}", "settlement_goes_forward"),
        ("UPDATE settlement SET state = 'confirmed', answered_by = 'system:drawer'", "settlement_answered_by_another"),
        ("UPDATE settlement_line SET points = 1", "denied"),
        ("UPDATE settlement SET closing = 1", "denied"),
        ("DELETE FROM settlement_line", "denied"),
        ("DELETE FROM merchant_step", "denied"),
        ("UPDATE settlement SET state = 'confirmed', answered_by = 'mer_barber'", None),
        ("UPDATE settlement_line SET state = 'carried'", "settlement_lines_stay_agreed"),
        ("UPDATE settlement SET state = 'paid'", "settlement_paid_where_it_says"),
        (f"UPDATE settlement SET {paid}", None),
        (f"UPDATE settlement SET {paid}", "settlement_goes_forward"),
        ("UPDATE settlement SET state = 'closed'", None),
        ("UPDATE settlement SET state = 'paid'", "settlement_goes_forward"),
    ):
        assert await refused(village, statement) == promise, statement


async def test_another_programme_sees_nothing_of_it(village: Village) -> None:
    await draw(village, 1)
    for table in ("merchant", "merchant_step", "settlement", "settlement_line", "shop_offer", "shop_code"):
        async with village.connection.transaction():
            await show_programmes(village.connection, ["elsewhere"])
            assert await village.connection.fetchval(f"SELECT count(*) FROM {table}") == 0
