"""Evidence over HTTP: told by its bytes, shown without its marks, used for one claim only."""

import asyncio
import io
import math
from typing import Any

from PIL import ExifTags, Image

from ledger.actions.clean_file import clean_file
from tests.api.client import Office

PDF = b"%PDF-1.4\n%%EOF\n"


def picture(shift: int = 0, *, kind: str = "JPEG", day: str = "2026:09:14 10:00:00", side: int = 120) -> bytes:
    """A pattern that differs with `shift`, with the place and the time that a telephone writes into it."""
    drawn = Image.new("RGB", (side, side))
    drawn.putdata(
        [
            (int(127 + 120 * math.sin((x + shift * 37) / 31)), (y * (shift + 1)) % 256, (x * y) % 256)
            for y in range(side)
            for x in range(side)
        ]
    )
    exif = drawn.getexif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = day
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps.update({1: "N", 2: (35.0, 36.0, 0.0), 3: "E", 4: (110.0, 42.0, 0.0)})
    exif[ExifTags.IFD.GPSInfo] = gps
    file = io.BytesIO()
    drawn.save(file, kind, exif=exif)
    return file.getvalue()


async def claim(office: Office, key: str, recipient: str = "hh_1") -> str:
    body = {"rule": "plenty", "recipient": recipient, "facts": {"happened_on": "2026-09-14"}}
    return str((await office.post("activities", body, key=key)).json()["activity"])


async def send(office: Office, activity: str, content: bytes, key: str, media: str = "image/jpeg") -> Any:
    path = f"activities/{activity}/evidence"
    return await office.call("POST", path, key=key, content=content, headers={"Content-Type": media})


async def test_a_picture_is_read_stripped_and_used_once(office: Office) -> None:
    reviewer, resident = await office.key("reviewer"), await office.key("resident", owner="hh_1")
    first, second = await claim(office, resident), await claim(office, reviewer, "hh_2")
    sent = await send(office, first, picture(), resident)
    assert sent.status_code == 201, sent.text
    assert "latitude" not in sent.json()
    again = await send(office, first, picture(), resident)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (sent.content, "true")
    [seen] = (await office.call("GET", f"activities/{first}/evidence", key=reviewer)).json()["evidence"]
    assert (seen["latitude"], seen["longitude"], seen["taken_at"]) == (35.6, 110.7, "2026-09-14T10:00:00")
    shown = await office.call("GET", f"activities/{first}/evidence/{seen['evidence']}", key=resident)
    assert shown.headers["content-disposition"] == f'attachment; filename="{seen["evidence"]}.jpg"'
    assert shown.headers["x-content-type-options"] == "nosniff"
    opened = Image.open(io.BytesIO(shown.content))
    assert not opened.getexif() and b"2026:09:14" not in shown.content
    for copy in (picture(), picture(day="2026:09:15 11:00:00"), shown.content):
        refused = await send(office, second, copy, reviewer)
        assert (refused.status_code, refused.json()["code"]) == (409, "evidence_used")
        assert first not in refused.text and "hh_1" not in refused.text
    assert (await office.call("GET", f"activities/{first}/evidence", key=resident)).status_code == 200
    other = await office.key("resident", owner="hh_2")
    for path in (f"activities/{first}/evidence", f"activities/{first}/evidence/{seen['evidence']}"):
        assert (await office.call("GET", path, key=other)).status_code == 404


async def test_one_picture_sent_for_two_claims_at_once_serves_one(office: Office) -> None:
    key = await office.key("operator")
    claims = [await claim(office, key) for _ in range(2)]
    answers = await asyncio.gather(*(send(office, one, picture(3), key) for one in claims))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_what_is_nearly_the_same_is_marked(office: Office) -> None:
    key = await office.key("reviewer")
    first, second = await claim(office, key), await claim(office, key)
    await send(office, first, picture(), key)
    smaller = io.BytesIO()
    Image.open(io.BytesIO(picture())).resize((100, 100)).save(smaller, "PNG")
    alike = await send(office, second, smaller.getvalue(), key, "image/png")
    assert (alike.status_code, alike.json()["warnings"]) == (201, ["alike"])
    late = await send(office, second, picture(5, day="2026:08:01 10:00:00"), key)
    assert late.json()["warnings"] == ["taken_on_another_day"]


async def test_only_whole_files_of_known_kinds_and_eight_of_them(office: Office) -> None:
    key = await office.key("operator")
    activity = await claim(office, key)
    for content, media, status, code in (
        (b"GIF89a....", "image/png", 422, "evidence_unreadable"),
        (b"<svg onload=alert(1)>", "image/jpeg", 422, "evidence_unreadable"),
        (picture()[:2000], "image/jpeg", 422, "evidence_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "image/png", 422, "evidence_unreadable"),
        (bomb(), "image/png", 422, "evidence_too_large"),
        (b"\xff\xd8\xff" + bytes(9 * 1024 * 1024), "image/jpeg", 413, "too_large"),
        (PDF, "text/html", 415, "unsupported_media_type"),
    ):
        refused = await send(office, activity, content, key, media)
        assert (refused.status_code, refused.json()["code"]) == (status, code), media
    for number in range(8):
        sent = await send(office, activity, PDF + str(number).encode(), key, "application/pdf")
        assert sent.status_code == 201
    full = await send(office, activity, PDF, key, "application/pdf")
    assert (full.status_code, full.json()["code"]) == (422, "too_much_evidence")
    await office.post(f"activities/{activity}/award", None, key=key)
    late = await claim(office, key)
    await office.post(f"activities/{late}/award", None, key=key)
    closed = await send(office, late, picture(7), key)
    assert (closed.status_code, closed.json()["code"]) == (409, "not_under_review")


def bomb() -> bytes:
    """A small file that promises eight thousand by eight thousand points."""
    file = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(file, "PNG")
    return file.getvalue()


def test_kinds_and_marks_are_told_by_content() -> None:
    for kind in ("PNG", "WEBP", "JPEG"):
        clean = clean_file(picture(kind=kind))
        assert (clean.media_type, clean.width, clean.latitude) == ("image/jpeg", 120, 35.6), kind
    large = io.BytesIO()
    Image.new("RGB", (3000, 10), "red").save(large, "JPEG")
    assert clean_file(large.getvalue()).width == 2048
