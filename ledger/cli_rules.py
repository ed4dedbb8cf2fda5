"""The part of the command line for people who write rules: check, test, explain, new."""

import argparse
import datetime
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ledger.actions.read_rules import Folder, Problem, in_both, read_folder
from ledger.actions.start_rules import BadName, write_starter
from ledger.core.activity import Facts
from ledger.core.compiled import compile_rulebook
from ledger.core.explain import explain, explain_refusal
from ledger.core.prove import broken_examples, count_examples
from ledger.core.refusal import Refused
from ledger.core.score import score
from ledger.core.title import Title


def add_rules_commands(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`rules check PATH…`, `rules test PATH…`, `rules explain FOLDER RULE FACTS`, `rules new NAME`."""
    for name, words in (
        ("check", "find all that is wrong, with file and line / 检查规则文件或目录"),
        ("test", "run the worked examples / 运行算例"),
    ):
        verb = verbs.add_parser(name, help=words)
        verb.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    tell = verbs.add_parser("explain", help="what an activity would bring, and why / 试算并说明")
    tell.add_argument("folder", type=Path, metavar="FOLDER")
    tell.add_argument("rule", metavar="RULE")
    tell.add_argument("facts", metavar="FACTS", help='{"happened_on": "2026-09-10", …}')
    new = verbs.add_parser("new", help="write a starter folder / 新建一个带说明的规则目录")
    new.add_argument("name", metavar="NAME")
    new.add_argument("--in", dest="parent", type=Path, default=Path("rules"), metavar="FOLDER")


def run_rules(options: argparse.Namespace) -> int:
    """0 all is well, 1 something in the files is wrong, 2 there is nothing to look at."""
    match options.verb:
        case "check":
            return check_rules(options.paths)
        case "test":
            return run_examples(options.paths)
        case "explain":
            return explain_activity(options.folder, options.rule, options.facts)
        case _:
            return new_rules(options.name, options.parent)


def check_rules(paths: list[Path]) -> int:
    """All problems of all folders; of one file, only what is wrong in it or in its programme."""
    folders = _folders_of(paths)
    if folders is None:
        return 2
    problems: list[Problem] = []
    read: list[Folder] = []
    for folder in folders:
        found = read_folder(folder)
        read.append(found)
        problems += [problem for problem in found.problems if _concerns(problem, paths)]
    for problem in problems:
        print(f"{problem.file}:{problem.line}: {problem.path}: {problem.message.zh} / {problem.message.en}")
    print(_counted(read) + (f", problems / 问题 {len(problems)}" if problems else ": OK / 没有问题"))
    return 1 if problems else 0


def run_examples(paths: list[Path]) -> int:
    """Each rulebook with the number of its examples; those that come out otherwise, one a line."""
    folders = _folders_of(paths)
    if folders is None:
        return 2
    read = [read_folder(folder) for folder in folders]
    for found in read:
        for rulebook in found.rulebooks if found.programme is not None else ():
            assert found.programme is not None, "a rulebook is read with its programme"
            compiled = compile_rulebook(rulebook, found.programme)
            examples = count_examples(compiled)
            # Every example of a rulebook that could be read has come out, or it would not have been accepted.
            assert not broken_examples(compiled)
            name = f"{found.programme.programme} {rulebook.rulebook}"
            print(f"{name}: {len(rulebook.rules)} rules / 规则, {examples} examples / 算例 OK")
    problems = [problem for found in read for problem in found.problems]
    for problem in problems:
        print(f"{problem.file}:{problem.line}: {problem.path}: {problem.message.zh} / {problem.message.en}")
    print(_counted(read) + (f", problems / 问题 {len(problems)}" if problems else ": OK / 全部通过"))
    return 1 if problems else 0


def explain_activity(folder: Path, rule: str, facts: str) -> int:
    """Scores one activity under the version of its day, with nothing used of any limit. Nothing is posted."""
    found = read_folder(folder)
    try:
        given = msgspec.json.decode(facts, type=Facts, strict=True)
    except msgspec.MsgspecError as error:
        return _refuse(in_both(str(error)))
    in_force = [book for book in found.rulebooks if book.from_ <= given.happened_on]
    if found.programme is None or not in_force:
        return _refuse(Title("没有可用的规则", "there is no rulebook to use"))
    compiled = compile_rulebook(in_force[-1], found.programme)
    try:
        sentences: Iterable[Title] = explain(compiled, score(compiled, rule, given, "recipient", {}).trace)
    except Refused as refused:
        sentences = (explain_refusal(compiled, refused.reason, refused.numbers),)
    for sentence in sentences:
        print(f"{sentence.zh}\n    {sentence.en}")
    return 0


def new_rules(name: str, parent: Path) -> int:
    """A folder that passes `rules check` as it is, with a comment beside every line."""
    try:
        written = write_starter(parent / name, name, datetime.date.today())
    except BadName as bad:
        return _refuse(bad.message)
    for path in written:
        print(path)
    return 0


def _folders_of(paths: list[Path]) -> list[Path] | None:
    """A programme's folder, a folder of such folders, or a file below one."""
    folders: list[Path] = []
    for path in paths:
        above = next((place for place in (path, *path.absolute().parents) if _is_programme(place)), None)
        inside = [place for place in sorted(path.iterdir()) if _is_programme(place)] if path.is_dir() else []
        found = [above] if above is not None and path.exists() else inside
        if not found:
            _refuse(
                Title(
                    f"{path} 不是积分方案目录，也不在这样的目录中（找不到 programme.yaml）。",
                    f"{path} is neither a programme's folder nor a file below one (no programme.yaml there).",
                )
            )
            return None
        folders += [place for place in found if place not in folders]
    return folders


def _is_programme(place: Path) -> bool:
    return (place / "programme.yaml").is_file()


def _concerns(problem: Problem, paths: list[Path]) -> bool:
    """Named a file, a person wants to hear of that file and of the programme that it belongs to."""
    if Path(problem.file).name == "programme.yaml" or not Path(problem.file).is_file():
        return True
    return any(path.is_dir() or path.samefile(problem.file) for path in paths)


def _counted(read: list[Folder]) -> str:
    books = [(found, book) for found in read for book in found.rulebooks]
    rules = sum(len(book.rules) for _, book in books)
    examples = sum(
        count_examples(compile_rulebook(book, found.programme)) for found, book in books if found.programme is not None
    )
    programmes = sum(found.programme is not None for found in read)
    return (
        f"programmes / 方案 {programmes}, rulebooks / 规则手册 {len(books)}, "
        f"rules / 规则 {rules}, examples / 算例 {examples}"
    )


def _refuse(message: Title) -> int:
    print(message.en, file=sys.stderr)
    print(message.zh, file=sys.stderr)
    return 2
