"""What is refused before it is a request (too slow, too large, no HTTP) gets an answer as everything else does."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ledger.core.title import Title
from ledger.hall.fault import Fault, Faulty, Spot
from ledger.hall.sent import Sent
from ledger.log import request_id_of, tell_request
from ledger.problems import MEDIA_TYPE, answer_problem
from ledger.safe_headers import SAFE_LINES

_NO_HTTP = Spot(Title("不是有效的 HTTP/1.1 请求", "This is no HTTP/1.1 request"))


def refusal_packet(fault: Fault, scope: Any, sent_headers: Any) -> bytes:
    """Head and body of the last answer on a connection, in the language that was asked for as far as that came."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent_headers or ()}
    state = {"request_id": request_id_of(headers.get("x-request-id"))}
    known = {"method": (scope or {}).get("method") or "-", "state": state}
    request = Sent(known, None, {}, headers, bytes_max=0)  # type: ignore[arg-type]  # its body is not asked for
    spots = [_NO_HTTP] if fault is Fault.MALFORMED else []
    response = answer_problem(request, Faulty(fault, spots=spots))
    status, body = response.status_code or 400, response.content
    tell_request(known, status, 0.0)
    told = [f"{name.lower()}: {value}\r\n".encode("latin-1") for name, value in response.headers.items()]
    return b"".join(
        [
            STATUS_LINE[status],
            b"content-type: %b\r\ncontent-length: %d\r\n" % (MEDIA_TYPE.encode(), len(body)),
            *told,
            SAFE_LINES,
            b"x-request-id: %b\r\nconnection: close\r\n\r\n" % state["request_id"].encode("latin-1"),
            body,
        ]
    )
