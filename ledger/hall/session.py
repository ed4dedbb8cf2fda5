"""Sessions over HTTP: the same token as `Authorization: Bearer ps_…` or in a cookie, and what makes a cookie safe.

For pages: a page's route has its row in the access table as any other, and its handler gets the same `Call`; whoever
comes with the cookie is the same `Caller` as with the token. To sign somebody in, call `sign_in_staff` or
`sign_in_resident` and send `cookie_of(scope, token)` as `Set-Cookie`; to sign out, end the session and send
`ended_cookie(scope)`. A form carries `form_token(call)` in a hidden field, and its handler asks
`require_form_token(call, sent)`. That the post comes from this very site the guard has seen by then, and a cookie that
grows old is replaced on the way out by itself.
"""

import hmac
from collections.abc import Mapping
from typing import Any

from ledger.hall.call import Call
from ledger.hall.cookie import cookie_name
from ledger.hall.fault import Fault, Faulty


def cookie_of(scope: Mapping[str, Any], token: str) -> str:
    """Ends with the browser; how long the session lasts is decided in the database. `Lax`, so that links lead in."""
    secure = "; Secure" if scope["scheme"] == "https" else ""
    return f"{cookie_name(scope)}={token}; Path=/; HttpOnly; SameSite=Lax{secure}"


def ended_cookie(scope: Mapping[str, Any]) -> str:
    """Takes the cookie away."""
    return f"{cookie_of(scope, '')}; Max-Age=0"


def form_token(call: Call) -> str:
    """The same for a session as long as it lasts; nobody else can make it."""
    assert call.caller is not None, "a form that changes something is for somebody who has signed in"
    return call.desk.slow_hash.blind(f"form\0{call.caller.key}")[:32]


def require_form_token(call: Call, sent: str) -> None:
    """Beside the guard's own check of where a post comes from."""
    if not hmac.compare_digest(form_token(call).encode(), sent.encode("utf-8", "surrogatepass")):
        raise Faulty(Fault.CROSS_SITE)
