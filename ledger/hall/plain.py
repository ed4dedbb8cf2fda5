"""Answers that are neither JSON nor a page: plain text, and tables that a spreadsheet opens without harm."""

from collections.abc import Iterable, Sequence
from datetime import date

from litestar.response import Response

from ledger.core.cell import cell

TEXT_TYPE = "text/plain"
CSV_TYPE = "text/csv"


class Plain(bytes):
    """Encoded text; a route says by this type that it answers no JSON."""

    __slots__ = ()


class Csv(bytes):
    """An encoded table."""

    __slots__ = ()


def plain(text: str) -> Response[Plain]:
    return Response(Plain(text.encode()), media_type=TEXT_TYPE)


def csv(columns: Sequence[str], rows: Iterable[Sequence[str | int | date | None]], *, name: str) -> Response[Csv]:
    """With its mark of byte order, without which a spreadsheet takes Chinese for something else."""
    lines = [",".join(columns), *(",".join(map(cell, row)) for row in rows)]
    body = "\ufeff" + "".join(f"{line}\r\n" for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(Csv(body.encode()), media_type=CSV_TYPE, headers=headers)
