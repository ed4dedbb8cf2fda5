"""The hidden field by which a form shows that it is one of ours."""

from typing import Annotated

import msgspec

from ledger.hall.call import Call
from ledger.hall.sent import Asked
from ledger.hall.session import form_token, require_form_token


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form that says nothing but that it was sent."""

    token: Annotated[str, msgspec.Meta(max_length=100)] = ""


def own_form(call: Call) -> str:
    """What `token` must say in a form of this page."""
    return form_token(call)


def require_own_form(call: Call, request: Asked, sent: str) -> None:
    """Of whoever comes by a cookie, which a browser adds unasked; a key in a header no other page can send."""
    if "authorization" not in request.headers:
        require_form_token(call, sent)
