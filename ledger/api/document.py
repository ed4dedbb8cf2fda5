"""YAML documents as callers send them: read away from the loop, refused with the line of each problem."""

import asyncio
from collections.abc import Callable
from typing import Any

from ledger.actions.read_rules import Problem
from ledger.hall.call import Call
from ledger.hall.fault import Fault, Faulty, Spot


async def read_sent(call: Call, reader: Callable[..., tuple[Any, tuple[Problem, ...]]], *given: Any) -> Any:
    """Away from the loop and one at a time: a hostile file takes most of a second to refuse."""
    async with call.desk.reading_documents:
        document, problems = await asyncio.to_thread(reader, *given)
    if problems or document is None:
        raise refused_document([_spot(problem) for problem in problems])
    return document


def refused_document(spots: list[Spot]) -> Faulty:
    return Faulty(Fault.DOCUMENT_REFUSED, spots=spots, numbers={"problems": len(spots)})


def _spot(problem: Problem) -> Spot:
    path = problem.path.replace("[", ".").replace("]", "")
    pointer = "".join(f"/{step}" for step in path.split(".") if step)
    return Spot(problem.message, pointer=pointer, line=problem.line)
