"""Work in helpings: everything is done, in order, and the loop looks around in between."""

import asyncio
import itertools

from ledger.turns import Turns


async def test_all_is_done_in_order_and_others_have_their_turn_in_between() -> None:
    turns = Turns(helping=4)
    done: list[int] = []
    seen = [0]
    for number in range(20):
        turns.add(done.append, number)
    while len(done) < 20:
        await asyncio.sleep(0)
        seen.append(len(done))
    assert done == list(range(20))
    assert seen == sorted(seen) and all(later - sooner <= 4 for sooner, later in itertools.pairwise(seen))


async def test_what_is_added_by_the_work_itself_is_done_too() -> None:
    turns = Turns(helping=2)
    done = asyncio.get_running_loop().create_future()

    def again(left: int) -> None:
        if left:
            turns.add(again, left - 1)
        else:
            done.set_result(left)

    turns.add(again, 50)
    assert await asyncio.wait_for(done, 5) == 0
