"""The sentences for what a counter is refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words

COUNTER: Mapping[Reason, Words] = {}
