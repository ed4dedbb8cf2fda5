"""Adds to a report what the register says of those whom it is about; nothing of that is taken from outside."""

import re
from collections.abc import Mapping

import asyncpg
import msgspec

from ledger.actions.open_owner import read_register
from ledger.core.activity import Facts, Household, Merchant, Person
from ledger.core.command import Award
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.db.journal import is_claimed
from ledger.db.owners import Owner

_REGISTER_WORDS = re.compile(rb'"(?:person|household|merchant|area)[".]')
_KEPT_MAX = 10_000
_needs_register: dict[tuple[str, str], bool] = {}


def looks_at_register(scheme: Scheme, award: Award) -> bool:
    """Whether the rule, its limits or its campaigns ask about a person, a household, a shop or an area at all.

    Most rules do not, and then nobody is looked up. Told by the words in the published document: a word too many
    costs a look-up, none can be missed.
    """
    try:
        compiled = scheme.rulebook_on(award.facts.happened_on)
    except Refused:
        return False
    rule = compiled.rules.get(award.rule)
    if rule is None:
        return False
    key = (compiled.digest, award.rule)
    if key not in _needs_register:
        if len(_needs_register) >= _KEPT_MAX:
            _needs_register.clear()
        said = msgspec.json.encode((rule.rule, rule.caps, rule.campaigns))
        _needs_register[key] = _REGISTER_WORDS.search(said) is not None
    return _needs_register[key]


async def filled_award(
    connection: asyncpg.Connection, programme: str, sent: Award, *, principal: str, key: str
) -> Award:
    """The award with its recipient's household, person or shop filled in.

    Under a key that has been used the answer is a replay, whatever the register says by now.
    """
    if await is_claimed(connection, programme, principal, key):
        return sent
    return fill_award(sent, await read_register(connection, programme, named_in(sent)))


def named_in(award: Award) -> tuple[str, ...]:
    """Whom the register is asked about."""
    person = award.facts.person
    return (award.recipient,) if person is None else (award.recipient, person.id)


def fill_award(sent: Award, register: Mapping[str, Owner]) -> Award:
    """A recipient that is not there is left for posting to refuse, so that the refusal stands in the journal."""
    recipient = register.get(sent.recipient)
    if recipient is None:
        return sent
    return msgspec.structs.replace(sent, facts=_filled(register, recipient, sent.facts))


def _filled(register: Mapping[str, Owner], recipient: Owner, facts: Facts) -> Facts:
    if recipient.kind == "merchant":
        return msgspec.structs.replace(facts, merchant=_merchant(recipient))
    if recipient.kind == "household":
        facts = msgspec.structs.replace(facts, household=_household(recipient))
        if facts.person is None:
            return facts
        person = register.get(facts.person.id)
        if person is None or person.kind != "member" or person.household != recipient.id:
            raise Refused(Reason.NOT_FOUND, owner=facts.person.id)
        return msgspec.structs.replace(facts, person=_person(person))
    facts = msgspec.structs.replace(facts, person=_person(recipient))
    if recipient.household is None:
        return facts
    return msgspec.structs.replace(facts, household=_household(register[recipient.household]))


def _person(owner: Owner) -> Person:
    return msgspec.convert(_shown(owner, "class", "age", "resident", "moved_in_on"), Person)


def _household(owner: Owner) -> Household:
    return msgspec.convert(_shown(owner, "class", "cohort", "moved_in_on"), Household)


def _merchant(owner: Owner) -> Merchant:
    return msgspec.convert(_shown(owner, "category"), Merchant)


def _shown(owner: Owner, *traits: str) -> Mapping[str, object]:
    shown: dict[str, object] = {name: owner.traits[name] for name in traits if name in owner.traits}
    return {"id": owner.id, "area": owner.area, **shown}
