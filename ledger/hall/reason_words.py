"""What each reason says to a person, in Chinese and in English: the numbers, and what to do next."""

from collections.abc import Mapping

from ledger.core.refusal import Reason
from ledger.hall.words import Words
from ledger.hall.words_of_activities import ACTIVITIES
from ledger.hall.words_of_counter import COUNTER
from ledger.hall.words_of_ledger import LEDGER
from ledger.hall.words_of_merchants import MERCHANTS
from ledger.hall.words_of_people import PEOPLE
from ledger.hall.words_of_sign_in import SIGN_IN

REASONS: Mapping[Reason, Words] = {**LEDGER, **PEOPLE, **ACTIVITIES, **COUNTER, **MERCHANTS, **SIGN_IN}
