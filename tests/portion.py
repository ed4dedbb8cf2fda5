"""How much of a long programme one run does: `make soak` cuts it into pieces with seeds of their own."""

import os
from pathlib import Path

import msgspec


class Portion(msgspec.Struct, frozen=True):
    """The share of the whole, and what tells this piece from the others."""

    share: float
    seed: int
    folder: Path

    def size(self, whole: int) -> int:
        """At least one, so that whatever is asked for is done."""
        return max(1, round(whole * self.share))


def portion_of_environment() -> Portion:
    """Without `make soak` around it a programme is done whole."""
    return Portion(
        share=float(os.environ.get("SOAK_SHARE", "1")),
        seed=int(os.environ.get("SOAK_SEED", "1")),
        folder=Path(os.environ.get("SOAK_FOLDER", ".soak")).absolute(),
    )
