"""Forms: known fields, once each, of the declared type; whatever else is sent is refused with a pointer."""

import msgspec
import pytest

from ledger.hall.form import FIELDS_MAX, FormDecoder


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form as a page might send it."""

    card: str
    pieces: int = 1
    item: tuple[str, ...] = ()


READ = FormDecoder(Order).decode


def test_a_form_is_read_into_its_struct() -> None:
    sent = b"card=%E5%8D%A1+1%0D&pieces=12&item=soap&item=&item=tea"
    assert READ(sent) == Order("卡 1", 12, ("soap", "", "tea"))
    assert READ(b"card=1&pieces=") == Order("1")


@pytest.mark.parametrize(
    "sent", [b"card=1&card=2", b"card=1&other=2", b"pieces=2", b"card=1&pieces=two", b"card=", b"card=1&pieces=1.5"]
)
def test_what_was_not_declared_is_refused(sent: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        READ(sent)


@pytest.mark.parametrize(
    "sent", [b"card=%ff", b"\xff", b"card=\xe5\x8d\xa1", b"&".join([b"item=a"] * (FIELDS_MAX + 1)), b"card=%ed%a0%80"]
)
def test_what_is_no_form_is_refused(sent: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        READ(sent)
