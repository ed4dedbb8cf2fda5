"""All that is published of one programme at one revision: immutable, so a process may keep it."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from ledger.core.alliance import ACTIVE, ApprovedOffer, with_approved
from ledger.core.compiled import Compiled
from ledger.core.effect import BanRedeeming
from ledger.core.item import Catalogue, Item, Offer, Price, price_on
from ledger.core.period import Rolling, expires_on
from ledger.core.price_history import Goods, PriceStep, price_steps, step_on
from ledger.core.programme import Programme, RedemptionDays, is_among
from ledger.core.refusal import Reason, Refused

GRACE = Rolling(months=1)
"""What comes back after its day stays good to the end of the next month."""


class Scheme(msgspec.Struct, frozen=True):
    """Policy, rulebooks by their first day, goods and offers as of now, and the shops with the state each is in."""

    slug: str
    revision: int
    policy: Programme
    rulebooks: tuple[Compiled, ...]
    items: dict[str, Item]
    price_steps: Mapping[str, tuple[PriceStep, ...]]
    offers: dict[tuple[str, str], Offer]
    stations: frozenset[str]
    opening_days: dict[str, RedemptionDays]
    merchants: Mapping[str, str]
    has_limits: bool
    bans_redeeming: bool

    def rulebook_on(self, day: date) -> Compiled:
        """The version in force on the day of the activity, not on the day of its recording."""
        for compiled in reversed(self.rulebooks):
            book = compiled.rulebook
            if book.from_ <= day and (book.until is None or day <= book.until):
                return compiled
        raise Refused(Reason.RULE_NOT_IN_FORCE, happened_on=day.isoformat(), first_day=self._first_day())

    def rulebook_by_digest(self, digest: str) -> Compiled | None:
        """The version that an earlier transaction points at."""
        return next((compiled for compiled in self.rulebooks if compiled.digest == digest), None)

    def sells(self, outlet: str) -> bool:
        """A station that only takes donations hands nothing out."""
        return outlet not in self.stations

    def is_open(self, outlet: str | None, day: date) -> bool:
        """An outlet's own days stand in the place of the programme's."""
        own = None if outlet is None else self.opening_days.get(outlet)
        return is_among(self.policy.redemption_days if own is None else own, day)

    def has_merchant(self, merchant: str) -> bool:
        return merchant in self.merchants

    def require_active(self, merchant: str | None) -> None:
        """A shop that applied, was suspended or has left takes no points."""
        state = ACTIVE if merchant is None else self.merchants.get(merchant, ACTIVE)
        if state != ACTIVE:
            raise Refused(Reason.MERCHANT_NOT_ACTIVE, merchant=merchant, state=state)

    @property
    def adjust_limit(self) -> int:
        """Above it a correction by hand needs a second person."""
        return self.policy.adjust_limit

    def knows_unit(self, unit: str) -> bool:
        """Points, hours and money always; goods that any catalogue has named."""
        return not unit.startswith("item:") or unit.removeprefix("item:") in self.price_steps

    def must_have_item(self, item: str) -> Item:
        found = self.items.get(item)
        if found is None:
            raise Refused(Reason.UNKNOWN_ITEM, item=item)
        return found

    def item_price(self, item: str, day: date) -> Price:
        price = price_on(self.must_have_item(item).prices, day)
        if price is None:
            raise Refused(Reason.UNKNOWN_ITEM, item=item)
        return price

    def price_then(self, item: str, day: date) -> Price:
        """What it cost on a day, whatever catalogues have said since; also of what is no longer sold."""
        step = step_on(self.price_steps.get(item, ()), day)
        if step is None or step.price is None:
            raise Refused(Reason.UNKNOWN_ITEM, item=item)
        return step.price

    def offer_price(self, merchant: str, offer: str, day: date) -> Price:
        found = self.offers.get((merchant, offer))
        price = None if found is None else price_on(found.prices, day)
        if price is None:
            raise Refused(Reason.UNKNOWN_OFFER, merchant=merchant, offer=offer)
        return price

    @property
    def counts_sales_by_day(self) -> bool:
        """Whether a sale must know the business day before its counters can be locked."""
        return self.has_limits or self.bans_redeeming

    def grace_until(self, today: date) -> date:
        day = expires_on(GRACE, today)
        assert day is not None
        return day

    def _first_day(self) -> str | None:
        return self.rulebooks[0].rulebook.from_.isoformat() if self.rulebooks else None


def make_scheme(
    slug: str,
    revision: int,
    policy: Programme,
    rulebooks: tuple[Compiled, ...],
    catalogue: Catalogue | None,
    merchants: Mapping[str, str],
    approved: Sequence[ApprovedOffer],
    goods: Sequence[Goods] = (),
) -> Scheme:
    """Rulebooks in the order of their first day; a later publication of the same day wins. `goods` are those of all
    catalogues, oldest first.
    """
    shops = () if catalogue is None else catalogue.shops
    return Scheme(
        slug=slug,
        revision=revision,
        policy=policy,
        rulebooks=tuple(sorted(rulebooks, key=lambda compiled: compiled.rulebook.from_)),
        items={} if catalogue is None else {item.id: item for item in catalogue.items},
        price_steps=price_steps(goods),
        opening_days={
            f"out_{outlet.id}": outlet.opening_days for outlet in policy.outlets if outlet.opening_days is not None
        },
        stations=frozenset(f"out_{outlet.id}" for outlet in policy.outlets if not outlet.sells),
        offers=with_approved(
            {(f"mer_{shop.id}", offer.id): offer for shop in shops for offer in shop.offers}, approved
        ),
        merchants=merchants,
        has_limits=bool(policy.spending.limits)
        or any(item.limits for item in (() if catalogue is None else catalogue.items)),
        bans_redeeming=any(
            isinstance(effect, BanRedeeming)
            for compiled in rulebooks
            for rule in compiled.rulebook.rules
            for effect in rule.effects
        ),
    )
