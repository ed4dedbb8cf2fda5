"""The sentences for what shops and settlements are refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words

MERCHANTS: Mapping[Reason, Words] = {}
