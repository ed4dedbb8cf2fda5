"""The sentences for what signing in and administering rights is refused, in Chinese and in English."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words

SIGN_IN: Mapping[Reason, Words] = {}
