"""The application over the small village, for pages, and one browser for all that is shown in one."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.api.client import Office, open_office
from tests.village import Village
from tests.web.browser import open_browser


@pytest_asyncio.fixture
async def office(village: Village) -> AsyncIterator[Office]:
    async with open_office(village) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as opened:
        yield opened
