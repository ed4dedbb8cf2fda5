"""`verify` stands alone: its signatures, its bytes and its answers agree with the service's, which it does not know."""

import ast
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import verify as verifier
from ledger.actions.export_sealed import export_sealed
from ledger.actions.seal import seal_batch, seal_waiting
from ledger.actions.seal_key import SealKey
from ledger.core.leaf import Line, SealedEntry, commit, commitments_of, leaf_of, private_parts
from ledger.core.note import verifier_key
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.service_role import connect
from ledger.verify import Differs, Note, VerifierKey, verify
from tests.busy_village import Busy, busy_database
from tests.village import gift

KEY = SealKey(bytes(range(32)))
FILE = Path(verifier.__file__)

# RFC 8032, 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def key_line(public: bytes) -> str:
    return verifier_key("points-ledger/p", public)


@pytest_asyncio.fixture(scope="module")
async def export(server: EmbeddedDatabase, template: str) -> AsyncIterator[list[str]]:
    """Three checkpoints, and one line that is not sealed yet."""
    async with busy_database(server, template, "verify_busy") as busy:
        admin = await connect(busy.village.database.admin_url)
        await admin.execute("SET ROLE ledger_sealer")
        await seal_batch(admin, "village", KEY, lines_max=7)
        await seal_batch(admin, "village", KEY, lines_max=11)
        await seal_waiting(admin, KEY)
        await admin.execute("RESET ROLE")
        await busy.post(not_yet=gift("hh_3"))
        yield [line async for line in export_sealed(admin, KEY, None)]
        await admin.close()


def notes(export: list[str]) -> list[str]:
    rows = [msgspec.json.decode(line) for line in export]
    return [row["note"] for row in rows if row["type"] == "checkpoint"]


def test_it_imports_nothing_but_pythons_own() -> None:
    tree = ast.parse(FILE.read_text(encoding="utf-8"))
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names


def test_it_runs_as_one_file_somewhere_else(export: list[str], tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(FILE.read_bytes())
    (tmp_path / "export.jsonl").write_text("".join(export), encoding="utf-8")
    for number, note in enumerate(notes(export)):
        (tmp_path / f"{number}.note").write_text(note, encoding="utf-8")
    anchors = [word for number in range(3) for word in ("--anchor", f"{number}.note")]

    def verify(file: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", "verify.py", file, *anchors, "--key", KEY.verifier("village")]
        alone = {"PATH": os.environ["PATH"]}
        return subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, env=alone)

    told = verify("export.jsonl")
    assert (told.returncode, told.stderr) == (0, "")
    assert "1 not yet" in told.stdout and "3 anchors. OK" in told.stdout
    (tmp_path / "tampered.jsonl").write_text("".join(export).replace("plenty", "scanty", 1), encoding="utf-8")
    tampered = verify("tampered.jsonl")
    assert (tampered.returncode, "OK" in tampered.stdout) == (1, False), tampered.stdout


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_signatures_of_the_standard(public: str, message: str, signature: str) -> None:
    key = VerifierKey(key_line(bytes.fromhex(public)))
    assert key.has_signed(bytes.fromhex(message), bytes.fromhex(signature))
    assert not key.has_signed(bytes.fromhex(message) + b"x", bytes.fromhex(signature))


@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=80), place=st.integers(0, 511))
def test_signatures_agree_and_one_bit_breaks_them(seed: bytes, message: bytes, place: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = VerifierKey(key_line(private.public_key().public_bytes_raw())), private.sign(message)
    assert key.has_signed(message, signature)
    broken = bytearray(signature)
    broken[place // 8] ^= 1 << place % 8
    assert not key.has_signed(message, bytes(broken))


def test_a_signature_that_was_stretched_is_refused() -> None:
    """The same signature with the group's order added would otherwise pass for another one."""
    public, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    number = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    assert not VerifierKey(key_line(public)).has_signed(message, signature[:32] + number.to_bytes(32, "little"))


TEXT = st.text(max_size=30)
JSON = st.dictionaries(TEXT, st.one_of(st.integers(-(2**53), 2**53), TEXT, st.lists(TEXT, max_size=3)), max_size=4)


@given(about=JSON, note=st.none() | TEXT, trace=st.none() | TEXT, id=TEXT, amount=st.integers(-(10**12), 10**12))
def test_both_make_the_same_bytes_of_a_line(
    about: dict[str, object], note: str | None, trace: str | None, id: str, amount: int
) -> None:
    document = {**about, "note": note} if note is not None else {k: v for k, v in about.items() if k != "note"}
    line = Line(
        "p", id, "award", "x", "2026-09-14T00:00:00.000000Z", date(2026, 9, 14), None, 1,
        msgspec.json.encode(document).decode(), None, trace, '[["a","b","c",1]]', None, None,
        (SealedEntry(0, "hh_1", "main", "points", 1, date(9999, 1, 1), amount, amount),),
    )  # fmt: skip
    salts = {name: os.urandom(16).hex() for name in private_parts(line)}
    ours = leaf_of(line, commitments_of(line, salts))
    row = msgspec.json.decode(msgspec.json.encode(line))
    assert verifier.leaf_of(row, row["entries"], salts) == ours


def differs(export: list[str], anchors: list[Note] | None = None, key: str | None = None) -> str:
    with pytest.raises(Differs) as told:
        list(verify(export, anchors or [], key))
    return str(told.value)


def test_it_names_the_first_line_that_differs(export: list[str]) -> None:
    place = next(number for number, line in enumerate(export) if '"kind":"redeem"' in line)
    changed = [*export[:place], export[place].replace('\\"quantity\\":1', '\\"quantity\\":2'), *export[place + 1 :]]
    assert "are not those that were sealed" in differs(changed)
    whole = export[place].replace('"entries":[[0,', '"entries":[[1,')
    assert differs([*export[:place], whole, *export[place + 1 :]]).startswith(f"line {place + 1}: txn_")


@pytest.mark.parametrize("cut", [1, 2, 10, 40])
def test_a_cut_export_is_noticed(cut: int, export: list[str]) -> None:
    assert differs(export[:-cut])
    assert differs(export[:1] + export[1 + cut :])


@pytest.mark.parametrize("line", ["", "null", "[]", "{}", '{"type":"x"}', '{"type":"line"}', "{", '{"type":"log"}'])
def test_nonsense_is_an_answer_and_no_traceback(line: str, export: list[str]) -> None:
    assert differs([line]).startswith("line 1: ")
    assert differs([*export[:5], line, *export[5:]]).startswith("line 6: ")


def test_an_anchor_of_another_log_is_not_passed_over(export: list[str]) -> None:
    text = "points-ledger/other\n1\n" + "A" * 43 + "=\n2026-01-01T00:00:00.000000Z\nafter 0\n"
    assert "is not in the export" in differs(export, [Note(KEY.sign("other", text))])


def test_an_anchor_from_a_longer_log_shows_what_was_taken_away(export: list[str]) -> None:
    text = "points-ledger/village\n4000\n" + "A" * 43 + "=\n2027-01-01T00:00:00.000000Z\nafter 0\n"
    assert "covers 4000 lines" in differs(export, [Note(KEY.sign("village", text))])


def test_a_pinned_key_is_believed_before_the_export(export: list[str]) -> None:
    assert "is not signed by the key" in differs(export, key=SealKey(bytes(32)).verifier("village"))


async def test_erased_words_leave_the_log_whole(server: EmbeddedDatabase, template: str) -> None:
    """The words and their salt are gone; the commitment that stays tells nothing and keeps the tree as it was."""
    async with busy_database(server, template, "verify_erased") as busy:
        admin = await connect(busy.village.database.admin_url)
        await admin.execute("SET ROLE ledger_sealer")
        await seal_waiting(admin, KEY)
        await admin.execute("RESET ROLE; SET session_replication_role = replica")
        await erase_note(admin, busy)
        export = [line async for line in export_sealed(admin, KEY, None)]
        await admin.close()
        assert "moved house" not in "".join(export)
        assert "OK" in next(iter(verify(export, [])))
        back = [
            line.replace('"about":"{', '"about":"{\\"note\\":\\"rude\\",', 1) if "transfer" in line else line
            for line in export
        ]
        assert "had been erased" in differs(back)


async def erase_note(admin: asyncpg.Connection, busy: Busy) -> None:
    id = busy.done["passed_on"]
    position = await admin.fetchval("SELECT position FROM seal_leaf WHERE journal_id = $1", id)
    salts = msgspec.json.decode(await admin.fetchval("SELECT salts FROM seal_salt WHERE position = $1", position))
    about = msgspec.json.decode(await admin.fetchval("SELECT about FROM journal WHERE id = $1", id))
    salts["note"] = commit(bytes.fromhex(salts["note"]), about.pop("note"))
    await admin.execute(
        "UPDATE seal_salt SET salts = $1 WHERE position = $2", msgspec.json.encode(salts).decode(), position
    )
    await admin.execute("UPDATE journal SET about = $1 WHERE id = $2", msgspec.json.encode(about).decode(), id)
