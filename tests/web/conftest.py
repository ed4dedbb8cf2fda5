"""The application over the small village, for pages."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.api.client import Office, open_office
from tests.village import Village


@pytest_asyncio.fixture
async def office(village: Village) -> AsyncIterator[Office]:
    async with open_office(village) as opened:
        yield opened
