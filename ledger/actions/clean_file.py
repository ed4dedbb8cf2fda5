"""A sent file becomes one that may be shown: its kind told by its bytes, a picture without what it says of place."""

import hashlib
import io
import re
from datetime import datetime
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ledger.core.refusal import Reason, Refused
from ledger.db.evidence import Clean

FILE_BYTES_MAX = 8 * 1024 * 1024
PIXELS_MAX = 50_000_000
SIDE_MAX = 2048
QUALITY = 85

_KINDS = (
    (re.compile(rb"\xff\xd8\xff"), "JPEG"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "PNG"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "WEBP"),
    (re.compile(rb"%PDF-[12]\.\d"), "PDF"),
)
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, KeyError, Image.DecompressionBombError)
_READABLE = ("JPEG", "PNG", "WEBP", "PDF")


def clean_file(content: bytes) -> Clean:
    """Runs where it may take a second and much memory: away from the loop, one at a time.

    A picture is written anew, at most 2048 wide or high, so the same picture with other marks in it is the same file.
    """
    kind = next((name for start, name in _KINDS if start.match(content)), None)
    if kind is None:
        raise Refused(Reason.EVIDENCE_UNREADABLE, kinds=list(_READABLE))
    sent = hashlib.sha256(content).hexdigest()
    if kind == "PDF":
        return Clean(content, sent, sent, "application/pdf")
    try:
        return _clean_picture(content, kind, sent)
    except (UnidentifiedImageError, *_BROKEN) as error:
        raise Refused(Reason.EVIDENCE_UNREADABLE, kinds=list(_READABLE)) from error


def _clean_picture(content: bytes, kind: str, sent: str) -> Clean:
    with Image.open(io.BytesIO(content), formats=(kind,)) as opened:
        if opened.width * opened.height > PIXELS_MAX:
            raise Refused(Reason.EVIDENCE_TOO_LARGE, pixels=opened.width * opened.height, limit=PIXELS_MAX)
        exif = opened.getexif()
        taken_at, place = _taken_at(exif), _place(exif)
        # A large photograph is decoded at a fraction of its size, which costs a fraction of the memory.
        opened.draft("RGB", (SIDE_MAX, SIDE_MAX))
        upright = ImageOps.exif_transpose(opened)
        picture = upright.convert("RGB")
    picture.thumbnail((SIDE_MAX, SIDE_MAX))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=QUALITY)
    shown = written.getvalue()
    return Clean(
        content=shown,
        sha256=hashlib.sha256(shown).hexdigest(),
        sent_sha256=sent,
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        taken_at=taken_at,
        latitude=None if place is None else place[0],
        longitude=None if place is None else place[1],
        look=_look(picture),
    )


def _taken_at(exif: Image.Exif) -> datetime | None:
    """As the camera's clock had it; what no clock can have shown is left out."""
    try:
        told = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        return None if told is None else datetime.strptime(str(told)[:19], "%Y:%m:%d %H:%M:%S")
    except (ValueError, KeyError, TypeError, OSError, SyntaxError):
        return None


def _place(exif: Image.Exif) -> tuple[float, float] | None:
    """Latitude and longitude in degrees."""
    try:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef])
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef])
    except (ValueError, KeyError, TypeError, OSError, SyntaxError, ZeroDivisionError, OverflowError):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _degrees(parts: Any, reference: Any) -> float:
    whole, minutes, seconds = (float(Fraction(str(part)) if "/" in str(part) else part) for part in parts)
    size = whole + minutes / 60 + seconds / 3600
    return -size if str(reference) in ("S", "W") else size


def _look(picture: Image.Image) -> int:
    """64 points, each lighter or darker than its neighbour: alike for pictures that look alike."""
    grey = picture.convert("L").resize((9, 8), Image.Resampling.BILINEAR).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (grey[row * 9 + column] > grey[row * 9 + column + 1])
    return bits - (1 << 64) if bits >> 63 else bits
