"""The sentences for what people, households and cards are refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words

PEOPLE: Mapping[Reason, Words] = {}
