"""Calls the service as its users do: over HTTP, with a key, and for all that moves value with an idempotency key."""

import json
import select
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from bench.demo.proof import must, off
from bench.demo.running import Key

PROGRAMME = "fuxi"
BASE = f"/v1/programmes/{PROGRAMME}"
REPLAYED = "idempotency-replayed"
ANSWER_SECONDS_MAX = 20.0

Body = Any


class Answer(msgspec.Struct, frozen=True):
    """One answer of the service, decoded and as it travelled."""

    status: int
    body: Body
    raw: bytes
    is_replayed: bool

    @property
    def lasting(self) -> bytes:
        """What a replay must repeat: a receipt to the byte, a refusal but for the id of the call that asked."""
        if self.status < 400:
            return self.raw
        return encode({name: value for name, value in self.body.items() if name != "request_id"})


class Sent(msgspec.Struct, frozen=True):
    """A call that was journalled, posted or refused, and how it was answered."""

    path: str
    body: Body
    key: str
    role: str
    answer: Answer


class Caller:
    """One address and the ready-made keys; `role` says whose key a call carries.

    `journalled` remembers what moved something or was refused for good, so that all of it can be sent again.
    """

    def __init__(self, address: str, keys: Mapping[str, Key]) -> None:
        self.address = address
        self.journalled: list[Sent] = []
        self._keys = keys
        self._client = httpx.Client(base_url=address, timeout=ANSWER_SECONDS_MAX)

    def close(self) -> None:
        self._client.close()

    def moved_to(self, address: str) -> "Caller":
        """The same keys at another address: they are in the ledger, not in the process."""
        return Caller(address, self._keys)

    def get(self, path: str, *, role: str = "auditor", language: str = "zh-CN", **query: str | int) -> Body:
        """The body of a 200; anything else ends the demonstration."""
        headers = {"Authorization": self._bearer(role), "Accept-Language": language}
        response = self._client.get(_whole(path), params=query, headers=headers)
        must(response.status_code == 200, f"GET {path}: {response.status_code} {response.text[:500]}")
        return response.json()

    def text(self, path: str, *, role: str = "cashier") -> str:
        """What a printer at the counter gets."""
        response = self._client.get(_whole(path), headers={"Authorization": self._bearer(role)})
        must(response.status_code == 200, f"GET {path}: {response.status_code} {response.text[:500]}")
        return response.text

    def principal(self, role: str) -> str:
        """Under whose name a key acts."""
        name = self._keys[role].principal
        must(name is not None, f"the key of the {role} says whose it is")
        return name or ""

    def post(self, path: str, body: Body, *, key: str, role: str = "operator", language: str = "zh-CN") -> Answer:
        """Whatever the answer is."""
        headers = self._headers(role, key, language)
        response = self._client.post(_whole(path), content=encode(body), headers=headers)
        answer = answer_of(response)
        if answer.body.get("transaction") and not answer.is_replayed and language == "zh-CN":
            self.journalled.append(Sent(path, body, key, role, answer))
        return answer

    def posted(self, path: str, body: Body, *, key: str, role: str = "operator") -> Body:
        """The body of a success."""
        answer = self.post(path, body, key=key, role=role)
        must(answer.status in (200, 201, 202), f"POST {path} {body}: {answer.status} {answer.body}")
        return answer.body

    def refused(
        self, path: str, body: Body, code: str, *, key: str, role: str = "operator", language: str = "zh-CN"
    ) -> Body:
        """The problem of a refusal, which must be for the reason told."""
        answer = self.post(path, body, key=key, role=role, language=language)
        must(answer.status >= 400 and answer.body["code"] == code, f"POST {path}: wanted {code}, found {answer}")
        return answer.body

    def lose_answer(self, path: str, body: Body, *, key: str, role: str) -> None:
        """Sends the call and cuts the line when the answer has come to the door, before a byte of it is read."""
        where = urlsplit(self.address)
        content = encode(body)
        lines = [f"POST {_whole(path)} HTTP/1.1", f"Host: {where.netloc}", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in self._headers(role, key, "zh-CN").items()]
        with socket.create_connection((where.hostname or "", where.port or 80), ANSWER_SECONDS_MAX) as line:
            line.sendall("\r\n".join([*lines, "", ""]).encode() + content)
            if not select.select([line], [], [], ANSWER_SECONDS_MAX)[0]:
                off("an answer comes in time")

    def _headers(self, role: str, key: str, language: str) -> dict[str, str]:
        return {
            "Authorization": self._bearer(role),
            "Idempotency-Key": key,
            "Accept-Language": language,
            "Content-Type": "application/json",
        }

    def _bearer(self, role: str) -> str:
        return f"Bearer {self._keys[role].token}"


def encode(body: Body) -> bytes:
    """Nothing at all for a call without a body."""
    return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()


def answer_of(response: httpx.Response) -> Answer:
    is_replayed = response.headers.get(REPLAYED) == "true"
    return Answer(response.status_code, response.json(), response.content, is_replayed)


def _whole(path: str) -> str:
    """Paths are below the programme unless they begin with a slash."""
    return path if path.startswith("/") else f"{BASE}/{path}"
