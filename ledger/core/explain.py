"""Tells the steps of an award in words, in Chinese and in English, near misses included."""

from datetime import date

from ledger.core.compiled import Compiled
from ledger.core.condition import Missed
from ledger.core.fact import Fact
from ledger.core.period import notice_ends_on
from ledger.core.phrase import choice_words, en_day, happening, lasting, limit_name, wanting, zh_day
from ledger.core.refusal import Number, Reason
from ledger.core.rulebook import Rule
from ledger.core.title import Title
from ledger.core.trace import (
    Added,
    Affected,
    Bounded,
    Capped,
    Counted,
    CountedTimes,
    Decided,
    Deducted,
    Fixed,
    Kept,
    Lasts,
    Leaf,
    Likened,
    LookedUp,
    Multiplied,
    Noticed,
    Placed,
    Rated,
    Rounded,
    Step,
    Summed,
    Trace,
    Vouchered,
)
from ledger.core.unit import UNIT_TITLES
from ledger.core.value import Parts

_RATED_BY = {
    "mean": Title("平均", "mean"),
    "trimmed_mean": Title("去掉最高最低后平均", "mean without the highest and lowest"),
    "median": Title("中位数", "median"),
    "majority": Title("多数", "most frequent mark"),
}


def explain(compiled: Compiled, trace: Trace, shown_on: date | None = None) -> tuple[Title, ...]:
    """One sentence a step, first the rule's own name. `compiled` is the rulebook whose digest the award names.

    With the day on which the award was first shown, a notice names its last day.
    """
    rule = compiled.rules[trace.rule].rule
    day = trace.happened_on
    sign = Title("扣分：", "deduction: ") if trace.takes else Title("", "")
    head = Title(f"{sign.zh}{rule.title.zh}（{zh_day(day)}）", f"{sign.en}{rule.title.en} ({en_day(day)})")
    return (head, *(_Teller(compiled, rule, day, shown_on).tell(step) for step in trace.steps))


def explain_refusal(compiled: Compiled, reason: Reason, numbers: dict[str, Number]) -> Title:
    """What was missing, for a person: the near miss of an activity that brought nothing."""
    match reason:
        case Reason.NOT_ELIGIBLE if numbers.get("test"):
            words = {name: str(numbers.get(name) or "") for name in ("fact", "test", "wanted", "found")}
            miss = wanting(Missed(**words), compiled.facts)
            return Title(f"条件未满足：{miss.zh}", f"a condition is not met: {miss.en}")
        case Reason.LIMIT_REACHED:
            limit, used, again = numbers["limit"], numbers["used"], numbers.get("resets_on")
            zh = f"上限 {limit} 已用 {used}" + (f"，{again} 起重新计算" if again else "")
            return Title(
                zh, f"the limit of {limit} is used ({used})" + (f"; it starts again on {again}" if again else "")
            )
        case Reason.EVIDENCE_MISSING:
            lacking = numbers.get("missing")
            names = lacking if isinstance(lacking, list) else []
            zh = "、".join(_EVIDENCE.get(name, Title(name, name)).zh for name in names)
            return Title(f"缺少证明：{zh}", "evidence is missing: " + ", ".join(names))
        case Reason.FACT_MISSING:
            name = str(numbers.get("fact"))
            fact = compiled.facts.get(name)
            title = fact.title if fact is not None else Title(name, name)
            return Title(f"没有填写{title.zh}", f"nobody has said: {title.en}")
        case Reason.RULE_NOT_IN_FORCE:
            first, last = numbers.get("first_day"), numbers.get("last_day")
            zh = f"规则自 {first} 起" + (f"至 {last} " if last else "") + "有效"
            return Title(zh, f"the rule holds from {first}" + (f" to {last}" if last else ""))
        case _:
            return Title(f"未计分（{reason}）", f"nothing was earned ({reason})")


_EVIDENCE = {
    "photos": Title("照片", "photos"),
    "place": Title("地点", "place"),
    "witnesses": Title("见证人", "witnesses"),
    "documents": Title("证明材料", "documents"),
    "weighed": Title("称重", "weight"),
}


class _Teller:
    """Knows the rulebook's titles while the steps of one award are told."""

    def __init__(self, compiled: Compiled, rule: Rule, day: date, shown_on: date | None) -> None:
        self.compiled = compiled
        self.facts: dict[str, Fact] = compiled.facts
        self.rule = rule
        self.day = day
        self.shown_on = shown_on
        moves = compiled.rules[rule.id].moves
        self.titles = {factor.title.en: factor.title for move in moves for factor in move.factors}
        self.titles |= {bonus.title.en: bonus.title for give in rule.gives for bonus in give.bonuses}
        self.titles |= {campaign.id: campaign.title for campaign in compiled.rulebook.campaigns}

    def tell(self, step: Step) -> Title:
        match step:
            case Summed():
                return self._sheet(step)
            case Likened():
                return self._analogy(step)
            case Multiplied() | Added() | Rounded() | Bounded() | Missed():
                return self._change(step)
            case Capped() | CountedTimes() | Vouchered():
                return self._limit(step)
            case Lasts(unit=unit, expiry=expiry):
                return lasting(expiry, unit)
            case Noticed(notice_days=days):
                return self._notice(days)
            case Affected(effect=effect):
                rules = {name: rule.rule.title for name, rule in self.compiled.rules.items()}
                return happening(effect, self.day, self.compiled.programme.honours, rules)
            case Placed() | Kept():
                return tell_batch(step)
            case _:
                return self._leaf(step)

    def _leaf(self, step: Leaf) -> Title:
        unit = UNIT_TITLES[step.unit]
        amount = Title(f"{step.amount} {unit.zh}", f"{step.amount} {unit.en}")
        match step:
            case Fixed():
                return Title(f"每次 {amount.zh}", f"{amount.en} each time")
            case Counted():
                return self._count(step, amount)
            case LookedUp(fact=name, found=found):
                fact = self.facts.get(name)
                answer = choice_words(fact, found)
                title = fact.title if fact is not None else Title(name, name)
                return Title(f"{title.zh}：{answer.zh} → {amount.zh}", f"{title.en}: {answer.en} → {amount.en}")
            case Deducted(start=start, found=found, minus=minus, fact=name):
                title = self.facts[name].title if name in self.facts else Title(name, name)
                return Title(
                    f"满分 {start}，{title.zh} {found} × {minus} → {amount.zh}",
                    f"{start} less {found} × {minus} ({title.en}) → {amount.en}",
                )
            case Decided():
                return self._decision(step, amount)
            case Rated(by=by, mark=mark, out_of=out_of, best=best, ratings=ratings):
                return Title(
                    f"{len(ratings)} 人评分，{_RATED_BY[by].zh} {mark}/{out_of}，满分 {best} → {amount.zh}",
                    f"{len(ratings)} raters, {_RATED_BY[by].en} {mark} of {out_of}, best {best} → {amount.en}",
                )

    def _count(self, step: Counted, amount: Title) -> Title:
        fact = self.facts.get(step.fact)
        measure = (fact.unit or fact.title) if fact is not None else Title(step.fact, step.fact)
        zh, en = f"{step.quantity} {measure.zh}", f"{step.quantity} {measure.en}"
        if step.counted < step.quantity:
            zh, en = f"{zh}（最多计 {step.counted}）", f"{en} (at most {step.counted} count)"
        if step.brought:
            zh, en = f"{zh} + 上次余 {step.brought}", f"{en} + {step.brought} left from before"
        zh += f" = {step.units} × {step.each} → {amount.zh}"
        en += f" = {step.units} × {step.each} → {amount.en}"
        if step.brought is not None and step.rest:
            return Title(f"{zh}；余 {step.rest} 留待下次", f"{en}; {step.rest} wait for the next time")
        if step.rest:
            short = step.each - step.rest
            zh += f"；再有 {short} {measure.zh}可多得 {step.per_unit}"
            en += f"; {short} more would have brought {step.per_unit} more"
        return Title(zh, en)

    def _decision(self, step: Decided, amount: Title) -> Title:
        zh = f"评定 {amount.zh}（范围 {step.low}–{step.high}）"
        en = f"valued at {amount.en} (between {step.low} and {step.high})"
        if step.choice:
            grade = self._answer(step.choice)
            zh, en = f"{zh}{grade.zh}", f"{en}{grade.en}"
        return Title(f"{zh}：{step.reason}", f"{en}: {step.reason}") if step.reason else Title(zh, en)

    def _sheet(self, step: Summed) -> Title:
        sheets = (move.value for rule in self.compiled.rules.values() for move in rule.moves)
        titles = {part.id: part.title for sheet in sheets if isinstance(sheet, Parts) for part in sheet.parts}
        zh, en = [], []
        for line in step.parts:
            title = titles.get(line.part, Title(line.part, line.part))
            told = self._leaf(line.step)
            sign = "−" if line.minus else ""
            zh.append(f"{title.zh} {sign}{line.amount}（{told.zh}）")
            en.append(f"{title.en} {sign}{line.amount} ({told.en})")
        unit = UNIT_TITLES[step.unit]
        most = Title(f"（最多 {step.at_most}）", f" (at most {step.at_most})") if step.at_most else Title("", "")
        return Title(
            f"{'；'.join(zh)}；合计 {step.amount} {unit.zh}{most.zh}",
            f"{'; '.join(en)}; together {step.amount} {unit.en}{most.en}",
        )

    def _analogy(self, step: Likened) -> Title:
        like = self.compiled.rules[step.rule].rule.title if step.rule in self.compiled.rules else Title("?", "?")
        told = self._leaf(step.valued) if not isinstance(step.valued, Summed) else self._sheet(step.valued)
        return Title(
            f"比照“{like.zh}”：{step.reason} — {told.zh}", f"by analogy with “{like.en}”: {step.reason} — {told.en}"
        )

    def _change(self, step: Multiplied | Added | Rounded | Bounded | Missed) -> Title:
        match step:
            case Multiplied(why=why, times=times, after=after, found=found):
                title = self._titled(why)
                answer = self._answer(found)
                return Title(f"{title.zh}{answer.zh} ×{times} = {after}", f"{title.en}{answer.en} ×{times} = {after}")
            case Added(why=why, amount=amount, after=after):
                title = self._titled(why)
                return Title(f"{title.zh} +{amount} = {after}", f"{title.en} +{amount} = {after}")
            case Rounded(before=before, after=after):
                return Title(f"{before} 取整为 {after}", f"{before} rounded to {after}")
            case Bounded(limit=limit, before=before):
                return Title(f"单次最多 {limit}（原为 {before}）", f"at most {limit} at once (was {before})")
            case Missed(of=of):
                title, miss = self._titled(of), wanting(step, self.facts)
                return Title(f"未得“{title.zh}”：{miss.zh}", f"missed “{title.en}”: {miss.en}")

    def _answer(self, found: str) -> Title:
        titles = (fact.choices[found] for fact in self.facts.values() if found in fact.choices)
        title = next(titles, None)
        return Title("", "") if title is None else Title(f"（{title.zh}）", f" ({title.en})")

    def _titled(self, why: str) -> Title:
        titles = [
            self.titles.get(name, Title(name, name)) for name in ([why] if why in self.titles else why.split("+"))
        ]
        return Title("、".join(title.zh for title in titles), ", ".join(title.en for title in titles))

    def _limit(self, step: Capped | CountedTimes | Vouchered) -> Title:
        match step:
            case CountedTimes(counter=counter, per=per, limit=limit, number=number):
                name = limit_name(counter, per)
                return Title(
                    f"{name.zh} {limit} 次，本次为第 {number} 次", f"{name.en}: number {number} of {limit} times"
                )
            case Vouchered(each=each, after=after):
                return Title(f"按 {each} 分一张发放 → {after}", f"issued in vouchers of {each} → {after}")
            case Capped():
                return self._cap(step)

    def _cap(self, step: Capped) -> Title:
        name, unit = limit_name(step.counter, step.per), UNIT_TITLES[step.unit]
        left = max(0, step.limit - step.used)
        zh = f"{name.zh} {step.limit}，余 {left} → {step.after} {unit.zh}"
        en = f"{name.en} {step.limit} leaves {left} → {step.after} {unit.en}"
        if step.after < step.before and step.over == "pool":
            over = step.before - step.after
            return Title(f"{zh}；超出 {over} 转入公益池", f"{en}; {over} go to the donation pool")
        if step.after < step.before and step.resets_on is not None:
            zh += f"（{step.resets_on.isoformat()} 起重新计算）"
            en += f" (starts again on {step.resets_on.isoformat()})"
        return Title(zh, en)

    def _notice(self, days: int) -> Title:
        if self.shown_on is None:
            return Title(f"公示 {days} 天后生效", f"shown in public for {days} days before it can be spent")
        last = notice_ends_on(self.shown_on, days)
        return Title(f"公示至{zh_day(last)}", f"public until {en_day(last)}")


def tell_batch(step: Placed | Kept) -> Title:
    """Why a line of a ranking or a streak came about."""
    if isinstance(step, Placed):
        return Title(
            f"{step.period} 合计 {step.total}，第 {step.place} 名 → {step.amount}",
            f"{step.total} in {step.period}, place {step.place} → {step.amount}",
        )
    return Title(
        f"连续 {len(step.periods)} 期（{step.periods[0]} 至 {step.periods[-1]}）→ {step.amount}",
        f"{len(step.periods)} periods in a row ({step.periods[0]} to {step.periods[-1]}) → {step.amount}",
    )
