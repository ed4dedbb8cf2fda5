"""Writes a starter folder: a small programme that works as it is, each line with its meaning beside it."""

import re
from datetime import date
from pathlib import Path

from ledger.core.title import Title


class BadName(Exception):
    """The folder cannot be made."""

    def __init__(self, message: Title) -> None:
        super().__init__(message.en)
        self.message = message


def write_starter(folder: Path, name: str, today: date) -> tuple[Path, ...]:
    """Never over something that is there already."""
    if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 40:
        zh = "名称只用小写字母、数字和连字符，最多40个"
        raise BadName(Title(zh, "a name is made of a-z, 0-9 and single hyphens, 40 at most"))
    if folder.exists():
        raise BadName(Title(f"{folder} 已存在", f"{folder} is there already"))
    version = f"{today.year}-{today.month:02d}"
    first = today.replace(day=1).isoformat()
    texts = {
        "programme.yaml": _PROGRAMME,
        "catalogue.yaml": _CATALOGUE,
        "events.yaml": _EVENTS,
        f"rulebook/{version}.yaml": _RULEBOOK,
    }
    (folder / "rulebook").mkdir(parents=True)
    for path, text in texts.items():
        filled = text.replace("NAME", name).replace("VERSION", version).replace("FIRST-DAY", first)
        (folder / path).write_text(filled, encoding="utf-8")
    return tuple(folder / path for path in texts)


_PROGRAMME = """\
# yaml-language-server: $schema=../../schemas/programme.json
# 积分方案的总规定。 The policies of the whole programme.
programme: NAME                       # 方案名，与目录同名 / its name, as the folder is called
title: {zh: 我们村的积分, en: Our village's points}
account_holder: household             # 账户归家庭 household 或个人 member / whose the accounts are
units: [points, service_minutes]      # points 积分, service_minutes 服务时长, score 评分, gift 赠予积分
time_zone: Asia/Shanghai
expiry: {kind: rolling, months: 24}   # 24个月后的月末失效；never 不失效，calendar 按日历 / when points lapse
notice_days: 3                        # 公示三天后才能使用 / days of public notice before points can be spent
redemption_days: {kind: every_day}    # weekly 每周几, monthly 每月几号 / when goods are handed out
areas:
  - {id: east, title: {zh: 东片, en: East}}
  - {id: west, title: {zh: 西片, en: West}}
outlets:
  - {id: shop, title: {zh: 积分超市, en: Points supermarket}, area: east}
"""

_CATALOGUE = """\
# yaml-language-server: $schema=../../schemas/catalogue.json
# 积分能换什么。 What points buy.
categories:
  daily: {zh: 日用品, en: Daily goods}
items:
  - id: soap
    title: {zh: 香皂, en: Soap}
    category: daily
    sold_by: {zh: 块, en: bar}
    prices:
      - {label: 1, from: FIRST-DAY, points: 10}   # 改价加一行，标签号加一 / a new price is a new line
"""

_EVENTS = """\
# yaml-language-server: $schema=../../schemas/events.json
# 可以上报哪些事、由谁上报。 What may be reported, and by whom.
events:
  - id: hazard-reported
    title: {zh: 上报安全隐患, en: A hazard was reported}
    by: [resident]
  - id: volunteered
    title: {zh: 志愿服务, en: Volunteer service}
    by: [leader]
    facts: [minutes]                  # 上报时要带的事实 / what the report must bring
"""

_RULEBOOK = """\
# yaml-language-server: $schema=../../../schemas/rulebook.json
# 评分细则。活动发生当天有效的版本说了算；已发布的不能改，改规则就写新版本。
# The scoring rules. The version in force on the day of the activity decides; a change is a new version.
rulebook: VERSION                     # 版本名，与文件同名 / the version, as the file is called
title: {zh: 评分细则, en: Scoring rules}
from: FIRST-DAY                       # 从哪天起 / the first day
categories:
  governance: {zh: 村务, en: Village matters}
  volunteering: {zh: 志愿服务, en: Volunteering}
rules:
  - id: hazard-snapshot
    title: {zh: 随手拍安全隐患, en: Hazard snapshot}
    category: governance
    event: hazard-reported
    gives:
      - value: {kind: fixed, amount: 5}           # 每次5分 / five points each time
    evidence: {photos: 1, place: true}            # 至少一张照片，写明地点 / a photo and the place
    caps:
      - {per: month, times: 4}                    # 每月最多4次 / at most four times a month
    examples:                                     # 每条规则都要有算例，算不对就不能发布 / examples must come out
      - given: {happened_on: FIRST-DAY, evidence: {photos: 1, place: true}}
        expect: {points: 5}
      - given: {happened_on: FIRST-DAY, evidence: {photos: 1, place: true}}
        used: {month/times: 4}                    # 本月已有4次 / four of the month are used
        expect: {refused: limit_reached}
  - id: volunteer-hours
    title: {zh: 志愿服务时长, en: Volunteer hours}
    category: volunteering
    event: volunteered
    gives:
      - value: {kind: per_unit, of: minutes, each: 60, amount: 2, at_most: 240}   # 每小时2分，最多计4小时
      - unit: service_minutes                     # 同时记服务时长 / the minutes are booked as well
        value: {kind: per_unit, of: minutes, each: 1, amount: 1}
    review: {by: [group_leader], approvals: 1}    # 组长同意 / the group leader approves
    examples:
      - given: {happened_on: FIRST-DAY, quantities: {minutes: 130}}
        expect: {points: 4, service_minutes: 130}
"""
