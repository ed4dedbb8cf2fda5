"""PINs: five guesses in fifteen minutes at a card and from an address, however many at once and from how many sides."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from ledger.actions.check_pin import check_pin, remove_pin, set_pin
from ledger.actions.slow_hash import PepperProblem, SlowHash, pepper_of
from ledger.core.pin import is_easy_to_guess
from ledger.core.refusal import Reason, Refused
from ledger.db.place import Place
from ledger.db.service_role import connect
from ledger.lanes import Overloaded
from tests.village import Village

PIN, WRONG, CARD = "804173", "804174", "crd_1"


@pytest_asyncio.fixture
async def slow() -> AsyncIterator[SlowHash]:
    made = SlowHash(bytes(32), waiting_max=100)
    yield made
    made.stop()


async def guess(village: Village, slow: SlowHash, pin: str, *, card: str = CARD, address: str = "trm_1") -> str:
    """The reason of the refusal, or `right`; on a connection of its own, as another process would ask."""
    connection = await connect(village.database.url)
    try:
        await check_pin(connection, slow, village.slug, card, pin, address)
    except Refused as refused:
        return str(refused.reason)
    finally:
        await connection.close()
    return "right"


async def test_twenty_guesses_at_once_are_five(village: Village, slow: SlowHash) -> None:
    await set_pin(village.connection, slow, village.slug, CARD, PIN, by="usr_1")
    said = Counter(await asyncio.gather(*(guess(village, slow, WRONG, address=f"10.0.0.{n}") for n in range(20))))
    assert said == {"pin_wrong": 5, "pin_locked": 15}
    assert await guess(village, slow, PIN, address="10.0.1.1") == "pin_locked", "also the right one, after five"
    print("brute force: 20 PINs at once, 5 were looked at")


async def test_one_address_does_not_get_round_by_changing_cards(village: Village, slow: SlowHash) -> None:
    cards = [f"crd_{n}" for n in range(12)]
    for card in cards[:2]:
        await set_pin(village.connection, slow, village.slug, card, PIN, by="usr_1")
    said = Counter(await asyncio.gather(*(guess(village, slow, WRONG, card=card) for card in cards)))
    assert said["pin_locked"] == 7 and said["pin_wrong"] + said["pin_not_set"] == 5
    assert await guess(village, slow, PIN, card=cards[0], address="trm_2") == "right", "another counter goes on"


async def test_the_right_pin_gives_a_card_its_tries_back_and_an_address_only_its_own(
    village: Village, slow: SlowHash
) -> None:
    await set_pin(village.connection, slow, village.slug, CARD, PIN, by="usr_1")
    await set_pin(village.connection, slow, village.slug, "crd_mine", PIN, by="usr_1")
    for _ in range(4):
        assert await guess(village, slow, WRONG, address="trm_1") == "pin_wrong"
    assert await guess(village, slow, PIN, card="crd_mine", address="trm_1") == "right"
    assert await guess(village, slow, WRONG, address="trm_1") == "pin_wrong"
    assert await guess(village, slow, PIN, card="crd_mine", address="trm_1") == "pin_locked"
    assert await guess(village, slow, PIN, address="trm_2") == "pin_locked"
    await set_pin(village.connection, slow, village.slug, CARD, "571846", by="usr_1")
    assert await guess(village, slow, "571846", address="trm_2") == "right"
    for _ in range(7):
        assert await guess(village, slow, "571846", address="trm_2") == "right"


async def test_guesses_are_counted_with_their_numbers_and_forgotten_in_time(village: Village, slow: SlowHash) -> None:
    await set_pin(village.connection, slow, village.slug, CARD, PIN, by="usr_1")
    left = []
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            await check_pin(village.connection, slow, village.slug, CARD, WRONG, "trm_1")
        left.append(refused.value.numbers["tries_left"])
    assert left == [4, 3, 2, 1, 0]
    with pytest.raises(Refused) as refused:
        await check_pin(village.connection, slow, village.slug, CARD, PIN, "trm_1")
    assert refused.value.reason is Reason.PIN_LOCKED and refused.value.numbers["minutes"] == 15
    await village.let_days_pass(1)
    assert await guess(village, slow, PIN) == "right"


async def test_a_pin_belongs_to_one_card_of_one_programme(village: Village, slow: SlowHash) -> None:
    await set_pin(village.connection, slow, village.slug, CARD, PIN, by="usr_1")
    await village.rows(
        "INSERT INTO pin (programme, card, digest, pepper, set_by)"
        " SELECT programme, 'crd_2', digest, pepper, set_by FROM pin"
    )
    assert await guess(village, slow, PIN, card="crd_2") == "pin_wrong", "a digest is worth nothing for another card"
    other = SlowHash(b"x" * 32)
    assert await guess(village, other, PIN) == "pin_not_set", "nor under another pepper"
    other.stop()
    await remove_pin(village.connection, slow, village.slug, CARD)
    assert await guess(village, slow, PIN) == "pin_not_set"
    rows = await village.rows("SELECT subject FROM guess")
    assert not any("trm" in row["subject"] or "crd" in row["subject"] for row in rows)


async def test_what_anybody_would_guess_is_no_pin(village: Village, slow: SlowHash) -> None:
    runs = ["123456", "000000", "987654", "890123", "121212", "123123", "112233", "111222", "123321", "159753"]
    for pin in [*runs, "12345", "1234567", "12345a", "１２３４５６", "804173\n", ""]:
        with pytest.raises(Refused) as refused:
            await set_pin(village.connection, slow, village.slug, CARD, pin, by="usr_1")
        assert refused.value.reason is Reason.PIN_TOO_EASY, pin


def test_few_pins_are_easy() -> None:
    assert sum(is_easy_to_guess(f"{number:06}") for number in range(0, 1_000_000, 43)) < 5_000 / 43


async def test_more_than_there_is_room_for_is_refused_at_once() -> None:
    slow = SlowHash(bytes(32), at_once=1, waiting_max=3)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    answers = await asyncio.gather(*(slow.digest("s", str(n)) for n in range(20)), return_exceptions=True)
    ticking.cancel()
    slow.stop()
    assert Counter(type(answer) for answer in answers) == {str: 4, Overloaded: 16}
    assert ticks >= 10, "the loop went on meanwhile"


def test_a_pepper_is_made_once_and_kept(tmp_path: Path) -> None:
    place = Place(database_url=None, data_folder=tmp_path)
    pepper = pepper_of(place)
    assert len(pepper) == 32 and pepper_of(place) == pepper
    assert place.pepper_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(PepperProblem):
        pepper_of(Place(database_url=None, data_folder=place.data_folder, pepper="c2hvcnQ="))
