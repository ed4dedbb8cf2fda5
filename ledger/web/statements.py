"""A merchant's statement on paper: its lines, its sums, and the checkpoint that was sealed when it was drawn up."""

from typing import Any

from litestar import get
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from ledger.actions.read_statement import read_statement
from ledger.core.title import Title
from ledger.db.settlements import CLAIMS_MAX
from ledger.hall.call import Call
from ledger.hall.html import Html
from ledger.web.sheet import Lang, Paper, show

STATES = {
    "drawn": Title("已出单,待商户确认", "drawn up, to be confirmed"),
    "disputed": Title("商户对部分行有异议", "lines are disputed"),
    "resolved": Title("异议已处理,待付款", "resolved, to be paid"),
    "confirmed": Title("商户已确认,待付款", "confirmed, to be paid"),
    "paid": Title("已付款", "paid"),
    "carried": Title("全部转入下期", "carried to the next one"),
    "closed": Title("已结清", "closed"),
}
LINE_STATES = {
    "open": Title("", ""),
    "disputed": Title("有异议", "disputed"),
    "kept": Title("保留", "kept"),
    "carried": Title("转入下期", "carried over"),
}


@get("/v1/programmes/{programme:str}/settlements/{settlement:str}/page")
async def statement(
    settlement: FromPath[str], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """To be printed and signed."""
    async with call.desk.reading(call.programme) as connection:
        found = await read_statement(connection, call.programme, settlement, limit=CLAIMS_MAX * 2)
        scheme = await call.desk.shelf.current(connection, call.programme)
    await call.require_own(found.settlement.merchant, settlement=settlement)
    return show(
        request,
        "statement.html",
        paper=Paper.A4,
        time_zone=scheme.policy.time_zone,
        programme=scheme.policy.title,
        one=found.settlement,
        lines=found.lines,
        checkpoint=found.checkpoint,
        states=STATES,
        line_states=LINE_STATES,
    )
