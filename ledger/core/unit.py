"""The units that a rule may give; goods and money never come from a rule."""

import enum

from ledger.core.title import Title


class RuleUnit(enum.StrEnum):
    """`score` is an evaluation and cannot be spent; `service_minutes` never lapse and buy no goods."""

    POINTS = "points"
    GIFT = "gift"
    SCORE = "score"
    SERVICE_MINUTES = "service_minutes"


UNIT_TITLES = {
    "points": Title("积分", "points"),
    "gift": Title("赠予积分", "gift points"),
    "score": Title("评分", "score"),
    "service_minutes": Title("分钟服务时长", "minutes of service"),
}
