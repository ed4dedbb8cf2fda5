"""Sheets of vouchers to cut out: the one place where their check letters are seen, while the series is pending."""

from typing import Any

from litestar import post
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from ledger.actions.issue_vouchers import print_series
from ledger.hall.call import Call
from ledger.hall.html import Html
from ledger.web.sheet import Lang, Paper, show


@post("/v1/programmes/{programme:str}/voucher-series/{series:str}/print", status_code=200)
async def voucher_sheet(
    series: FromPath[str], call: NamedDependency[Call], request: Request[Any, Any, Any], lang: Lang = None
) -> Response[Html]:
    """A4 sheets of the whole series with fresh check letters; sheets printed before are void."""
    async with call.desk.connection() as connection:
        found, printed = await print_series(connection, call.programme, series)
    scheme = await call.scheme()
    return show(request, "vouchers.html", paper=Paper.A4, programme=scheme.policy.title, series=found, vouchers=printed)
