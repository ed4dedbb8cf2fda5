"""Small rulebooks for tests, written as people write them."""

from ledger.actions.read_rules import read_programme, read_rulebook
from ledger.core.compiled import Compiled, compile_rulebook

PROGRAMME = """
programme: test
title: {zh: 测试, en: Test}
account_holder: household
units: [points, gift, score, service_minutes]
classes:
  ordinary: {zh: 普通户, en: ordinary household}
  poor: {zh: 困难户, en: household in need}
areas:
  - {id: east, title: {zh: 东片, en: East}}
  - {id: west, title: {zh: 西片, en: West}}
honours:
  clean-house: {zh: 清洁户, en: Clean household}
"""

HEAD = """
rulebook: v1
title: {zh: 细则, en: Rules}
from: 2026-01-01
categories:
  all: {zh: 全部, en: All}
"""


def compiled(rules: str, head: str = "", programme: str = "") -> Compiled:
    """A rulebook from its `rules:` text; the text must be free of problems."""
    gift = "" if "spending:" in programme else "spending: {gift: {per_earned: 1}}\n"
    policies, problems = read_programme((PROGRAMME + gift + programme).encode())
    assert policies is not None, problems
    rulebook, problems = read_rulebook((HEAD + head + "rules:\n" + rules).encode(), policies)
    assert rulebook is not None, problems
    return compile_rulebook(rulebook, policies)


def problems_of(rules: str, head: str = "", programme: str = "") -> list[str]:
    """What is wrong with a rulebook, as `path: message`."""
    gift = "" if "spending:" in programme else "spending: {gift: {per_earned: 1}}\n"
    policies, problems = read_programme((PROGRAMME + gift + programme).encode())
    assert policies is not None, problems
    _, problems = read_rulebook((HEAD + head + "rules:\n" + rules).encode(), policies)
    return [f"{problem.path}: {problem.message.en}" for problem in problems]
