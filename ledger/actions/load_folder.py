"""Publish a programme's whole folder: its policies, catalogue and rulebooks."""

from pathlib import Path

import asyncpg

from ledger.actions.publish import Published, publish_catalogue, publish_events, publish_programme, publish_rulebook
from ledger.actions.read_rules import Problem, read_folder


class FolderRefused(Exception):
    """Something in the folder is wrong; nothing of it was published."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(f"{first.file}:{first.line}: {first.message.en}")
        self.problems = problems


async def load_folder(connection: asyncpg.Connection, folder: Path, *, node: str, by: str) -> list[Published]:
    """In one database transaction, or not at all."""
    read = read_folder(folder)
    if read.problems or read.programme is None:
        raise FolderRefused(read.problems)
    slug = read.programme.programme
    async with connection.transaction():
        published = [await publish_programme(connection, read.programme, node=node, by=by)]
        if read.catalogue is not None:
            published.append(await publish_catalogue(connection, slug, read.catalogue, by=by))
        if read.events is not None:
            published.append(await publish_events(connection, slug, read.events, by=by))
        for rulebook in read.rulebooks:
            published.append(await publish_rulebook(connection, slug, rulebook, by=by))
    return published
