"""`make demo`: one month at the Fuxi community, told to a fresh ledger over HTTP; 1 if anything is not as told."""

import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.demo import afterwards, alliance, books, day, gatherings, mishaps, rider, shelf, shops
from bench.demo.caller import Body, Caller
from bench.demo.month import BARBER, CLINIC, first_weeks, last_weeks, live_through
from bench.demo.notebook import Notebook
from bench.demo.people import Residents, register
from bench.demo.proof import Off, must
from bench.demo.running import Running
from bench.demo.words import chapter, say

SECONDS_MAX = 60.0


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that what was started is ended then, too.
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="points-ledger-demo-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL may run as another user, who must be able to pass.
        running = Running(folder / "data")
        try:
            tell(running, folder)
        except Off as error:
            print(f"\nNOT AS TOLD / 与预期不符: {error}", *running.troubles(), sep="\n", file=sys.stderr)
            return 1
        finally:
            running.stop()
    seconds = time.monotonic() - started
    print(f"\n全部如故事所述 / All as told. {seconds:.0f} s")
    if seconds > SECONDS_MAX:
        print(f"比预期慢(超过 {SECONDS_MAX:.0f} 秒) / slower than it should be", file=sys.stderr)
    return 0


def tell(running: Running, folder: Path) -> None:
    chapter("府西社区开通积分", "The Fuxi community begins")
    running.start()
    caller, notebook = Caller(running.address, running.keys()), Notebook()
    residents = open_up(caller, notebook)
    live_a_month(caller, notebook, residents)
    receipt = redeem(caller, notebook, residents)
    chapter("骑手的对账单", "The rider's statement")
    rider.print_statement(caller, residents.rider)
    chapter("兑换小票", "A receipt")
    rider.print_receipt(caller, shelf.Prices(caller), receipt, residents.rider.id)
    chapter("核对", "The books")
    compared = notebook.compare(caller)
    say(f"铅笔账与账本一致:{compared} 个账户", f"a pencil account agrees with the ledger: {compared} accounts")
    entries = books.read_entries(running)
    books.print_points(entries, notebook)
    books.print_trial_balance(entries)
    survive(running, caller, residents, folder)
    chapter("审计", "The auditor")
    books.check(running)
    books.export(running, folder)


def open_up(caller: Caller, notebook: Notebook) -> Residents:
    residents = register(caller)
    say(
        f"{residents.households} 户 {len(residents)} 名居民,另有 1 名外卖骑手(非本社区居民)",
        f"{residents.households} households with {len(residents)} residents, and a delivery rider who lives elsewhere",
    )
    shelf.fill(caller, notebook)
    say("积分超市上架,明码标分", "the supermarket's shelves, every item with its points")
    prices = shelf.Prices(caller)
    must(prices["tissue"] == rider.TISSUE_POINTS, "a pack of tissue costs 30 points")
    prices.print_labels(shelf.BOUGHT)
    return residents


def live_a_month(caller: Caller, notebook: Notebook, residents: Residents) -> None:
    chapter("九月的活动", "What was done in September")
    rider.photograph(caller, notebook, residents.rider)
    live_through(caller, notebook, first_weeks(residents))
    rider.try_too_early(caller, notebook, residents.rider)
    chapter("9月19日 旧物捐赠日,两个捐赠点", "Donation day at two stations")
    shelf.take_gifts(caller, notebook, residents)
    live_through(caller, notebook, last_weeks(residents))
    chapter("9月28日 全员巡查,公示与异议", "Every home inspected, the notice, two objections")
    gatherings.inspect_homes(caller, notebook, residents)
    gatherings.object_to_two(caller, notebook)
    chapter("9月29日 报名清理河道", "A sign-up list")
    gatherings.call_helpers(caller, notebook, residents)
    gatherings.print_bulletin(caller)


def redeem(caller: Caller, notebook: Notebook, residents: Residents) -> Body:
    chapter("月底兑换", "The month's redemptions")
    prices = shelf.Prices(caller)
    receipt = rider.take_tissue(caller, notebook, residents.rider)
    shelf.redemption_morning(caller, notebook, prices, residents.everyone[20:60])
    alliance.settle_september(caller, notebook, prices, residents.everyone[:20])
    shops.visit_shops(caller, notebook, prices, residents.everyone[:20])
    shops.shop_spends(caller, notebook)
    able = [person for person in residents.everyone[68:] if notebook.points[person.id] >= prices["masks"]]
    shelf.last_pieces(caller, notebook, prices, able[:16])
    chapter("意外情况", "Mishaps")
    mishaps.lose_an_answer(caller, notebook, residents[66])
    mishaps.undo_a_wrong_item(caller, notebook, prices, residents[67])
    mishaps.undo_a_spent_award(caller, notebook, prices, residents[61])
    chapter("积分超市的一天", "A day at the supermarket")
    day.live_a_day(caller, notebook, prices, residents.everyone)
    return receipt


def survive(running: Running, caller: Caller, residents: Residents, folder: Path) -> None:
    chapter("备份、毁坏、恢复", "Backup, loss, restore")
    before = afterwards.take_snapshot(caller, residents, [shelf.SUPERMARKET, BARBER, CLINIC])
    afterwards.back_up(running, folder / "fuxi.backup")
    caller.close()
    afterwards.lose_everything(running)
    afterwards.bring_back(running, folder / "fuxi.backup")
    afterwards.compare(caller.moved_to(running.address), before, caller.journalled)


if __name__ == "__main__":
    sys.exit(main())
