"""Proofs over HTTP: whoever keeps an old checkpoint can tell, with SHA-256 alone, that nothing before it changed."""

from base64 import b64decode

from ledger.actions.seal import seal_waiting
from ledger.actions.seal_key import SealKey
from ledger.core.merkle import is_consistent, is_included, leaf_hash
from ledger.db.service_role import connect
from tests.api.client import Office
from tests.village import gift, haircut

KEY = SealKey(bytes(range(32)))


async def seal(office: Office) -> int:
    admin = await connect(office.village.database.admin_url)
    try:
        return await seal_waiting(admin, KEY)
    finally:
        await admin.close()


async def test_a_transaction_is_proven_under_the_latest_checkpoint_and_that_under_an_older_one(office: Office) -> None:
    key = await office.key("resident", owner="hh_1")
    none = await office.call("GET", "checkpoints/latest", key=key)
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    outcomes = await office.village.post(("a", gift()), ("b", gift("hh_2")), ("c", gift()))
    first = str(outcomes[0].transaction)
    waiting = await office.call("GET", f"transactions/{first}/proof", key=key)
    assert waiting.status_code == 404
    assert await seal(office) >= 3  # and what was looked for in vain, in the audit log
    kept = (await office.call("GET", "checkpoints/latest", key=key)).json()
    await office.village.post(*((f"more-{number}", haircut()) for number in range(4)))
    assert await seal(office) >= 4
    latest = (await office.call("GET", "checkpoints/latest", key=key)).json()
    assert (kept["size"], latest["size"]) == (3, 7)

    proof = (await office.call("GET", f"transactions/{first}/proof", key=key)).json()
    leaf, hashes = b64decode(proof["leaf"]), [b64decode(one) for one in proof["hashes"]]
    root = b64decode(latest["root"])
    assert proof["checkpoint"] == latest["note"]
    assert is_included(leaf_hash(leaf), proof["position"], 7, root, hashes)
    assert not is_included(leaf_hash(leaf + b" "), proof["position"], 7, root, hashes)

    grown = (await office.call("GET", "checkpoints/consistency?older=3", key=key)).json()
    assert (grown["older"], grown["newer"]) == (kept["note"], latest["note"])
    assert is_consistent(3, b64decode(kept["root"]), 7, root, [b64decode(one) for one in grown["hashes"]])

    others = await office.call("GET", f"transactions/{outcomes[1].transaction}/proof", key=key)
    assert others.status_code == 404
    for query, status in (("older=2", 404), ("older=7&newer=3", 404), ("older=0", 400), ("", 400)):
        wrong = await office.call("GET", f"checkpoints/consistency?{query}", key=key)
        assert wrong.status_code == status, wrong.text
