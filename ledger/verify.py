"""Checks an export of a sealed ledger. One file, Python's own library, nothing of the service and no database.

Recomputes every sum, chain, leaf and root, checks every signature, and compares with checkpoints that were printed
long ago: what was true when they were printed can no longer be told otherwise.

    python verify.py EXPORT [--anchor CHECKPOINT]... [--key LINE]
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

FORMAT = "points-ledger-sealed-1"
BUCKETED = ("main", "pending", "held")


class Differs(Exception):
    """What is wrong, and on which line of the export."""


# Ed25519 (RFC 8032), verification only. Points are (X, Y, Z, T) in extended coordinates.

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ZERO = (0, 1, 1, 0)
Point = tuple[int, int, int, int]


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _decompress(text: bytes) -> Point:
    number = int.from_bytes(text, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        raise Differs("the public key is no point of the curve")
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _compress(p: Point) -> bytes:
    inverse = pow(p[2], _P - 2, _P)
    return (p[1] * inverse % _P | (p[0] * inverse % _P & 1) << 255).to_bytes(32, "little")


class _Multiples:
    """A point times anything, by tables of sixteen for each four bits: many signatures, few points."""

    def __init__(self, point: Point) -> None:
        self._tables: list[list[Point]] = []
        for _ in range(64):
            row = [_ZERO]
            for _ in range(15):
                row.append(_add(row[-1], point))
            self._tables.append(row)
            point = _add(row[-1], point)

    def times(self, number: int) -> Point:
        total = _ZERO
        for table in self._tables:
            total = _add(total, table[number & 15])
            number >>= 4
        return total


_BASE = _Multiples(_decompress((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little")))


class VerifierKey:
    """A line such as `points-ledger/fuxi+1a2b3c4d+AbCd…`, as in C2SP signed-note."""

    def __init__(self, line: str) -> None:
        try:
            self.name, self.id, key = line.strip().split("+", 2)
            public = base64.b64decode(key, validate=True)
        except (ValueError, binascii.Error) as error:
            raise Differs(f"no verifier key: {line!r}") from error
        if len(public) != 33 or public[:1] != b"\x01":
            raise Differs("the verifier key is not of Ed25519")
        if hashlib.sha256(self.name.encode() + b"\n" + public).digest()[:4].hex() != self.id:
            raise Differs("the verifier key is damaged: its id does not fit")
        self._public = public[1:]
        point = _decompress(self._public)
        self._minus_key = _Multiples((_P - point[0], point[1], 1, _P - point[3]))

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        number = int.from_bytes(signature[32:], "little")
        if len(signature) != 64 or number >= _L:
            return False
        digest = hashlib.sha512(signature[:32] + self._public + message).digest()
        challenge = int.from_bytes(digest, "little") % _L
        return _compress(_add(_BASE.times(number), self._minus_key.times(challenge))) == signature[:32]


class Note:
    """A checkpoint as printed: origin, size, root and day, and a signature below."""

    def __init__(self, note: str) -> None:
        text, gap, stamps = note.replace("\r\n", "\n").strip("\n").partition("\n\n")
        lines = text.split("\n")
        if not gap or len(lines) < 3 or not lines[1].isdecimal():
            raise Differs("this is no checkpoint")
        self.text, self.origin, self.size, self.root = text + "\n", lines[0], int(lines[1]), _base64(lines[2])
        self.sealed_at, self.after = (*lines[3:5], "", "")[:2]
        self._stamps = [stamp.split(" ") for stamp in stamps.split("\n")]

    def is_plain(self, note: str) -> bool:
        """Whether there is nothing but the text and one signature; only of paper, other marks are overlooked."""
        return len(self._stamps) == 1 and note == f"{self.text}\n{' '.join(self._stamps[0])}\n"

    def must_be_signed_by(self, key: VerifierKey) -> None:
        for stamp in self._stamps:
            if len(stamp) == 3 and stamp[:2] == ["—", key.name]:
                sealed = _base64(stamp[2])
                if sealed[:4].hex() == key.id and key.has_signed(self.text.encode(), sealed[4:]):
                    return
        raise Differs(f"the checkpoint of {self.origin} at {self.size} is not signed by the key {key.name}+{key.id}")


# RFC 6962: the tree, kept as the roots of its complete parts.


class Tree:
    """Knows the root of all leaves so far."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        found = hashlib.sha256(b"\x00" + leaf).digest()
        whole = self.size
        while whole & 1:
            found = hashlib.sha256(b"\x01" + self._parts.pop() + found).digest()
            whole >>= 1
        self._parts.append(found)
        self.size += 1

    def root(self) -> bytes:
        if not self._parts:
            return hashlib.sha256(b"").digest()
        found = self._parts[-1]
        for part in reversed(self._parts[:-1]):
            found = hashlib.sha256(b"\x01" + part + found).digest()
        return found


class Account:
    """What the entries of one account in one unit add to; they may come in another order than their versions."""

    def __init__(self) -> None:
        self.total = 0
        self.version = 0
        self.buckets: defaultdict[str, int] = defaultdict(int)
        self.waiting: dict[int, tuple[int, int]] = {}

    def take(self, version: int, amount: int, after: int, expires_on: str) -> None:
        if version <= self.version or version in self.waiting:
            raise Differs(f"version {version} of an account comes twice")
        self.buckets[expires_on] += amount
        self.waiting[version] = amount, after
        while self.version + 1 in self.waiting:
            amount, after = self.waiting.pop(self.version + 1)
            self.version += 1
            self.total += amount
            if self.total != after:
                raise Differs(f"version {self.version} of an account says {after}, its entries add to {self.total}")


class Log:
    """One programme of an export, line by line."""

    def __init__(self, header: dict[str, Any], key: str | None, anchors: Iterable[Note]) -> None:
        if header.get("format") != FORMAT:
            raise Differs(f"this is no export of the format {FORMAT}")
        self.programme: str = header["programme"]
        self.key = VerifierKey(key or header["verifier"] or "")
        self.origin = f"points-ledger/{self.programme}"
        if self.key.name != self.origin:
            raise Differs(f"the key is that of {self.key.name}, the log is {self.origin}")
        self.anchors = [anchor for anchor in anchors if anchor.origin == self.origin]
        self.tree = Tree()
        self.roots: dict[int, list[Note]] = defaultdict(list)
        self.last_checkpoint = 0
        self.last_sealed_at = ""
        self.balances = 0
        self.accounts: defaultdict[tuple[str, str, str], Account] = defaultdict(Account)
        self.waiting: set[str] = set()
        for anchor in self.anchors:
            anchor.must_be_signed_by(self.key)
            self.roots[anchor.size].append(anchor)

    def checkpoint(self, row: dict[str, Any]) -> None:
        note = Note(row["note"])
        kept = (self.origin, row["size"], row["root"], row["sealed_at"])
        if (note.origin, note.size, base64.b64encode(note.root).decode(), note.sealed_at) != kept:
            raise Differs(f"the checkpoint at {row['size']} is kept otherwise than its note says")
        note.must_be_signed_by(self.key)
        if not note.is_plain(row["note"]):
            raise Differs(f"the note of the checkpoint at {note.size} has something added")
        if note.after != f"after {self.last_checkpoint}" or note.sealed_at < self.last_sealed_at:
            raise Differs(f"the checkpoint at {note.size} does not follow that at {self.last_checkpoint}")
        self.last_checkpoint, self.last_sealed_at = note.size, note.sealed_at
        self.roots[note.size].append(note)

    def line(self, row: dict[str, Any]) -> None:
        journal, entries = row["journal"], row["entries"]
        if journal["programme"] != self.programme:
            raise Differs(f"{journal['id']} is of another programme")
        _must_be_whole(journal, entries)
        for _, owner, purse, unit, version, expires_on, amount, after in entries:
            self.accounts[owner, purse, unit].take(version, amount, after, expires_on)
        if row["position"] is None:
            if journal["id"] in self.waiting:
                raise Differs(f"{journal['id']} comes twice")
            self.waiting.add(journal["id"])
            return
        if self.waiting or row["position"] != self.tree.size:
            raise Differs(f"position {row['position']} follows position {self.tree.size - 1}")
        self.tree.add(leaf_of(journal, entries, row["salts"]))
        for note in self.roots.pop(self.tree.size, ()):
            if note.root != self.tree.root():
                raise Differs(f"the first {note.size} lines are not those that were sealed at {note.sealed_at}")

    def balance(self, row: dict[str, Any]) -> None:
        self.balances += 1
        key = row["owner"], row["purse"], row["unit"]
        account = self.accounts.pop(key, Account())
        if account.waiting or (row["total"], row["account_version"]) != (account.total, account.version):
            raise Differs(f"{' '.join(key)} is kept as {row['total']}, its entries add to {account.total}")
        buckets = {day: amount for day, amount in sorted(account.buckets.items()) if amount}
        if row["owner"] == "programme" or row["purse"] not in BUCKETED:
            buckets = {}
        if list(buckets.items()) != list(zip(row["bucket_days"], row["bucket_amounts"], strict=True)):
            raise Differs(f"the buckets of {' '.join(key)} are not what its entries say")
        if min(buckets.values(), default=0) < 0 or _is_below(account.total, row["floor_amount"]):
            raise Differs(f"{' '.join(key)} is below its floor")

    def end(self, row: dict[str, Any]) -> str:
        if (row["lines"], row["balances"]) != (self.tree.size + len(self.waiting), self.balances):
            raise Differs("lines are missing: the export was cut")
        for key, account in self.accounts.items():
            if account.version or account.waiting:
                raise Differs(f"{' '.join(key)} has entries, but no balance")
        if self.last_checkpoint != self.tree.size or self.roots:
            raise Differs(
                f"a checkpoint covers {max([*self.roots, self.last_checkpoint])} lines, here are {self.tree.size}"
            )
        return (
            f"{self.programme}: {self.tree.size} lines sealed, {len(self.waiting)} not yet, {self.balances} balances, "
            f"{len(self.anchors)} anchors. OK / 核对无误"
        )


def leaf_of(journal: dict[str, Any], entries: list[Any], salts: dict[str, str]) -> bytes:
    """The canonical bytes of a line; words of people enter by their commitments, which outlive the words."""
    about = json.loads(journal["about"])
    parts = {"note": about.pop("note", None), **{name: journal[name] for name in ("refusal", "trace", "facts")}}
    texts = {name: text for name, text in parts.items() if text is not None}
    if not texts.keys() <= salts.keys():
        raise Differs(f"{journal['id']} holds words that were not there when it was sealed")
    private = {name: _commitment(journal["id"], kept, texts.get(name)) for name, kept in salts.items()}
    refusal = None if journal["refusal"] is None else json.loads(journal["refusal"])["reason"]
    clear = (
        "programme",
        "id",
        "kind",
        "principal",
        "recorded_at",
        "effective_on",
        "happened_on",
        "entry_count",
        "batch",
    )
    return _canonical({
        "v": 1,
        **{name: journal[name] for name in clear},
        "entries": hashlib.sha256(_canonical(entries)).hexdigest(),
        "about": about,
        "refusal": refusal,
        "counts": None if journal["counts"] is None else json.loads(journal["counts"]),
        "private": private,
    })  # fmt: skip


def _commitment(id: str, kept: str, text: str | None) -> str:
    if len(kept) == 64:
        if text is not None:
            raise Differs(f"{id} holds words that had been erased")
        return kept
    if text is None:
        raise Differs(f"{id} has lost words without having them erased")
    return hashlib.sha256(bytes.fromhex(kept) + text.encode()).hexdigest()


def _must_be_whole(journal: dict[str, Any], entries: list[Any]) -> None:
    sums: defaultdict[str, int] = defaultdict(int)
    for _, _, _, unit, _, _, amount, _ in entries:
        sums[unit] += amount
    is_refused = journal["refusal"] is not None
    if [entry[0] for entry in entries] != list(range(journal["entry_count"])) or (is_refused and entries):
        raise Differs(f"{journal['id']} has {len(entries)} entries and should have {journal['entry_count']}")
    if any(sums.values()) or len(entries) == 1 or any(entry[6] == 0 for entry in entries):
        raise Differs(f"the entries of {journal['id']} do not add to zero")


def verify(lines: Iterable[str], anchors: list[Note], key: str | None = None) -> Iterator[str]:
    """One sentence for each log that is in order; raises `Differs` at the first line that is not."""
    log: Log | None = None
    met: set[str] = set()
    number = 0
    try:
        for text in lines:
            number += 1
            row = json.loads(text)
            if row["type"] == "log":
                if log is not None:
                    raise Differs("the log before has no end")
                log = Log(row, key, anchors)
                met.add(log.origin)
            elif log is None:
                raise Differs("this line belongs to no log")
            elif row["type"] == "end":
                yield log.end(row)
                log = None
            else:
                {"checkpoint": log.checkpoint, "line": log.line, "balance": log.balance}[row["type"]](row)
        if log is not None or not met:
            raise Differs("the export has no end")
        for anchor in anchors:
            if anchor.origin not in met:
                raise Differs(f"the log {anchor.origin} of an anchor is not in the export")
    except Differs as differs:
        raise Differs(f"line {number}: {differs}") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Differs(f"line {number}: cannot be read ({type(error).__name__}: {error})") from error


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _is_below(total: int, floor: int | None) -> bool:
    return floor is not None and total < floor


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Differs("a hash or signature cannot be read") from error


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("export", type=Path, metavar="EXPORT")
    parser.add_argument(
        "--anchor", type=Path, action="append", default=[], metavar="FILE", help="old checkpoint / 旧封条"
    )
    parser.add_argument("--key", metavar="LINE", help="verifier key, if not to be believed from the export / 公钥")


def run(options: argparse.Namespace) -> int:
    """0 in order, 1 something differs, 2 a file cannot be read."""
    try:
        anchors = [Note(file.read_text(encoding="utf-8")) for file in options.anchor]
        with options.export.open(encoding="utf-8") as lines:
            for sentence in verify(lines, anchors, options.key):
                print(sentence)
    except Differs as differs:
        print(f"DIFFERS / 不符: {differs}", file=sys.stderr)
        return 1
    except (OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="verify", description="Check a sealed export / 核对封存的导出文件")
    add_arguments(_parser)
    sys.exit(run(_parser.parse_args()))
