"""Every operation of the OpenAPI document under generated requests: no 5xx, and answers as described."""

import contextlib
from collections import Counter
from collections.abc import Callable

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.client import Office
from tests.api.serving import listening
from tests.village import gift, receive

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
# For each operation, and each of well-formed and ill-formed requests.
CASES_QUICK = 5
CASES_LONG = 60  # some 30,000 in all, in half an hour on two cores


async def attack(office: Office, cases: int) -> Counter[int]:
    """Statuses seen; ids that are there are mixed in, so that some requests get through to the ledger."""
    outcomes = await office.village.post(("earn", gift()), ("goods", receive(50)))
    known = {
        "programme": office.village.slug, "household": "hh_1", "owner": "hh_1", "outlet": "out_shop",
        "merchant": "mer_barber", "kind": "rulebook", "version": "2026-01",
        "transaction": str(outcomes[0].transaction),
    }  # fmt: skip
    key = await office.key("admin")
    seen: Counter[int] = Counter()
    with listening(office.village.database.url) as address, requests.Session() as session:
        schema = schemathesis.openapi.from_url(f"{address}/schema")
        for found in schema.get_all_operations():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                strategy = found.ok().as_strategy(generation_mode=mode)

                @settings(
                    max_examples=cases, deadline=None, database=None, derandomize=cases == CASES_QUICK,
                    suppress_health_check=list(HealthCheck),
                )  # fmt: skip
                @given(case=strategy, aimed=st.booleans())
                def run(case: schemathesis.Case, aimed: bool) -> None:
                    if aimed:
                        case.path_parameters.update(
                            {name: known[name] for name in case.path_parameters if name in known}
                        )
                    answer = case.call_and_validate(
                        headers={"Authorization": f"Bearer {key}"}, checks=CHECKS, session=session
                    )
                    seen[answer.status_code] += 1

                # An operation that takes nothing can be asked nothing wrong.
                with contextlib.suppress(Unsatisfiable):
                    run()
    return seen


async def test_generated_requests_never_break_the_service(
    office: Office, record_property: Callable[[str, object], None]
) -> None:
    seen = await attack(office, CASES_QUICK)
    record_property("Q10", f"{seen.total()} generated requests, no 5xx")
    assert seen.total() >= 2_000
    assert seen[200] + seen[201] >= 30


@pytest.mark.soak
async def test_many_generated_requests_never_break_the_service(
    office: Office, record_property: Callable[[str, object], None]
) -> None:
    seen = await attack(office, CASES_LONG)
    record_property("Q10", f"{seen.total()} generated requests, no 5xx")
    assert seen.total() >= 20_000
