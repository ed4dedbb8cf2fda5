"""Numbered vouchers on paper: what is printed on them, and the command by which one becomes points."""

import hashlib
from typing import Annotated

import msgspec

from ledger.core.balance import AMOUNT_MAX
from ledger.core.card import CODE_LETTERS

CHECK_LENGTH = 6
VOUCHERS = "vouchers"
"""The issuer's category: what it has issued is what vouchers have brought."""

SeriesName = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Z]{1,12}$(?!\n)")]
# The series, the number in it, and the check letters by which a number cannot be made up.
VoucherCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z]{1,12}-[0-9]{1,6}-[0-9A-Za-z]{6}$(?!\n)")]


class PayVoucher(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verb", tag="pay_voucher"):
    """A voucher's points go to whoever brings it."""

    owner: str
    points: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_MAX)]
    voucher: str


def voucher_label(series: str, number: int) -> str:
    """What may be told to everybody: without the check letters."""
    return f"{series}-{number:06}"


def check_letters(random: int) -> str:
    """Thirty random bits."""
    return "".join(CODE_LETTERS[random >> shift & 31] for shift in range(5 * (CHECK_LENGTH - 1), -1, -5))


def check_hash(programme: str, label: str, check: str) -> bytes:
    """Of what is printed; letters that look alike are read alike."""
    letters = check.upper().replace("O", "0").replace("I", "1").replace("L", "1")
    return hashlib.sha256(f"{programme}:{label}:{letters}".encode()).digest()


def split_code(code: str) -> tuple[str, int, str]:
    """Series, number, check letters."""
    series, number, check = code.upper().split("-")
    return series, int(number), check
