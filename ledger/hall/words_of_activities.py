"""The sentences for what recording and reviewing activities is refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words

ACTIVITIES: Mapping[Reason, Words] = {}
