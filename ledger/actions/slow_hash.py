"""Slow hashes of what people can remember: argon2id over a pepper that is not in the database, a few at a time."""

import asyncio
import base64
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.db.place import Place
from ledger.db.secret_file import SECRET_BYTES, make_secret
from ledger.lanes import Overloaded

T = TypeVar("T")

AT_ONCE = 2
WAITING_MAX = 16
_argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class PepperProblem(Exception):
    """A pepper is given or kept, but it is none."""


class SlowHash:
    """Threads of its own, so that the loop never waits; who would have to wait too long is refused at once."""

    def __init__(self, pepper: bytes, *, at_once: int = AT_ONCE, waiting_max: int = WAITING_MAX) -> None:
        self._pepper = pepper
        self._room = at_once + waiting_max
        self._under_way = 0
        self._threads = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="slow-hash")
        self._nobody = ""

    @property
    def pepper_name(self) -> str:
        """By which a digest tells that it was made with another pepper."""
        return self.blind("pepper")[:16]

    def blind(self, text: str) -> str:
        """A name for what must not be written down; without the pepper nobody can try out whose it is."""
        return hmac.digest(self._pepper, f"name\0{text}".encode(), "sha256").hex()

    async def digest(self, subject: str, secret: str) -> str:
        """Worth nothing for another subject."""
        return await self._work(lambda: _argon2.hash(self._peppered(subject, secret)))

    async def matches(self, digest: str | None, subject: str, secret: str) -> bool:
        """Takes as long where there is no digest, so that nobody learns by the time whether there is one."""
        if digest is None:
            self._nobody = self._nobody or await self.digest("nobody", "nothing")
            await self._work(lambda: _is_digest_of(self._nobody, self._peppered(subject, secret)))
            return False
        return await self._work(lambda: _is_digest_of(digest, self._peppered(subject, secret)))

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _peppered(self, subject: str, secret: str) -> bytes:
        text = f"secret\0{subject}\0{secret}".encode("utf-8", "surrogatepass")
        return base64.b64encode(hmac.digest(self._pepper, text, "sha256"))

    async def _work(self, work: Callable[[], T]) -> T:
        if self._under_way >= self._room:
            raise Overloaded
        self._under_way += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Counted until the thread is free again, also where nobody waits for it any more.
        done.add_done_callback(self._count_down)
        return await done

    def _count_down(self, _: object) -> None:
        self._under_way -= 1


def pepper_of(place: Place) -> bytes:
    """As given by the operator, or from the data folder, where it is made at first use."""
    if place.pepper is not None:
        return _read_pepper(place.pepper, "LEDGER_PEPPER")
    file: Path = place.pepper_file
    if not file.exists():
        make_secret(file)
    return _read_pepper(file.read_text(encoding="utf-8"), str(file))


def _read_pepper(text: str, where: str) -> bytes:
    try:
        pepper = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise PepperProblem(f"{where} does not hold a pepper") from error
    if len(pepper) != SECRET_BYTES:
        raise PepperProblem(f"{where} does not hold a pepper of {SECRET_BYTES} bytes in base 64")
    return pepper


def _is_digest_of(digest: str, peppered: bytes) -> bool:
    try:
        return _argon2.verify(digest, peppered)
    except (VerificationError, InvalidHashError):
        return False
