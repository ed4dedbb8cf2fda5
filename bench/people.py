"""A county's register taken in: 58,000 households from CSV and from XLSX, and the same file once more."""

import csv
import io
import time

import msgspec
import openpyxl

from bench.ground import Place
from bench.workload import COUNTY
from ledger.actions.import_people import import_people
from ledger.db.schemes import SchemeShelf
from ledger.db.service_role import connect

HOUSEHOLDS = 58_000
HEADER = ("户号", "户主", "入住日期")


class Taken(msgspec.Struct, frozen=True):
    """Seconds from bytes to the last commit, for one kind of file, and for the same file once more."""

    name: str
    seconds: float
    again_seconds: float


async def take_in_county(place: Place) -> list[Taken]:
    """Through the action that the API and the command line call."""
    connection = await connect(place.url)
    taken = []
    for number, (name, write) in enumerate((("csv", as_csv), ("xlsx", as_xlsx))):
        raw = write(number * HOUSEHOLDS)
        seconds = []
        for expected in (HOUSEHOLDS, 0):
            began = time.perf_counter()
            report = await import_people(
                connection, COUNTY.slugs[0], raw, "households", SchemeShelf(), good_rows=False, by="system:bench"
            )
            seconds.append(time.perf_counter() - began)
            assert (report.created, report.unchanged) == (expected, HOUSEHOLDS - expected), report.bad_rows[:3]
        taken.append(Taken(name, *seconds))
    await connection.close()
    return taken


def _rows(first: int) -> list[tuple[str, str, str]]:
    return [(f"new-{first + number}", f"户主{number}", "2024-03-05") for number in range(HOUSEHOLDS)]


def as_csv(first: int) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([HEADER, *_rows(first)])
    return file.getvalue().encode()


def as_xlsx(first: int) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (HEADER, *_rows(first)):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
