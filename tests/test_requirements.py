"""The trace of requirements is true: every name in it exists, every proof is marked, every marked test is listed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from crmctl.cli.app import COMMANDS
from crmctl.cli.lazy import Family
from crmctl.ledger.disk.rulebook import Requirement, Rule, counts, requirements, rules
from crmctl.ledger.disk.shipped import kind_files
from crmctl.ledger.disk.yamlio import load
from crmctl.model.kind_reader import compile_kind
from crmctl.model.kinds import Kind

ROOT = Path(__file__).resolve().parent.parent
SIZES = {
    "REC": 55, "INT": 18, "REV": 20, "ADM": 18, "GRD": 41, "RGD": 15, "BLK": 20, "NEW": 23, "VIS": 34, "CMP": 24,
    "SAT": 17, "CON": 23, "ACL": 27, "UPD": 20, "RPT": 50, "PER": 14, "EVT": 16, "AUD": 26, "SEC": 27, "PPL": 12,
}  # fmt: skip
OUT_OF_DOMAIN = {"R-PPL-12"}
CODE = re.compile(r"[A-Z]{3}\d{3}")
REQUIREMENT = re.compile(r"R-[A-Z]{3}-\d{2}")


@cache
def told() -> tuple[Requirement, ...]:
    return tuple(requirements())


@cache
def kinds() -> dict[str, Kind]:
    found = {}
    for name, file in kind_files().items():
        raw = load(file.read_bytes(), file.name)
        assert isinstance(raw, dict)
        kind, _findings = compile_kind(raw, file.name)
        assert kind is not None
        found[name] = kind
    return found


@cache
def marked() -> dict[str, set[str]]:
    """`tests/…::name` -> the requirements it is marked with."""
    found: dict[str, set[str]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                name = f"{file.relative_to(ROOT).as_posix()}::{node.name}"
                found.setdefault(name, set()).update(marks_of(node))
    return found


def marks_of(function: ast.FunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.req":
                yield str(ast.literal_eval(node.args[0]))


@cache
def explained() -> dict[str, Rule]:
    return dict(rules())


@cache
def fields_of(kind: str) -> frozenset[str]:
    return frozenset(path for path, _field in kinds()[kind].walk())


@cache
def words() -> set[str]:
    """Every command, as it is typed."""
    found = set()
    for name, entry in COMMANDS.items():
        found.add(name)
        if isinstance(entry, Family):
            found |= {f"{name} {inner}" for inner in entry.commands}
    return found


def exists(sort: str, name: str) -> bool:
    """Whether a kind, field, command, report or rule of that name is there."""
    match sort:
        case "kinds":
            return name in kinds()
        case "fields":
            kind, _dot, path = name.partition(".")
            return kind in kinds() and path in fields_of(kind)
        case "commands":
            return name in words()
        case "reports":
            return (ROOT / "templates" / "reports" / name / "report.yaml").is_file()
        case "rules":
            return name in explained()
    return False


def test_every_requirement_of_the_domain_is_counted_once() -> None:
    wanted = [f"R-{area}-{n:02d}" for area, size in SIZES.items() for n in range(1, size + 1)]
    assert sorted(item.id for item in told()) == sorted(set(wanted) - OUT_OF_DOMAIN)
    assert sum(counts(list(told())).values()) == 500 - len(OUT_OF_DOMAIN)


@pytest.mark.parametrize("area", ["REC", "INT"])
def test_every_requirement_of_an_area_in_work_is_spoken_of(area: str) -> None:
    silent = [item.id for item in told() if item.area == area and not (item.does and (item.note or item.tests))]
    assert silent == []


def test_every_name_is_there() -> None:
    unknown = [
        f"{item.id}: {sort} {name}"
        for item in told()
        for sort, names in item.does.items()
        for name in names
        if not exists(sort, name)
    ]
    assert unknown == []


def test_what_is_done_is_proved_and_what_is_partial_says_what_is_left() -> None:
    assert [item.id for item in told() if item.state == "done" and not (item.tests and item.does)] == []
    assert [item.id for item in told() if item.state in {"partial", "out_of_scope"} and not item.note] == []
    assert [item.id for item in told() if item.state == "out_of_scope" and (item.tests or item.does)] == []


def test_every_test_named_exists_and_carries_the_mark() -> None:
    wrong = [f"{item.id}: {test}" for item in told() for test in item.tests if item.id not in marked().get(test, set())]
    assert wrong == []


def test_every_marked_test_is_listed() -> None:
    listed = {(item.id, test) for item in told() for test in item.tests}
    unlisted = [(id_, test) for test, ids in marked().items() for id_ in ids if (id_, test) not in listed]
    assert sorted(unlisted) == []


@cache
def codes_in_the_program() -> dict[str, str]:
    """Every rule code that stands in the program's sources as a text of its own, with the file."""
    found: dict[str, str] = {}
    for file in sorted((ROOT / "crmctl").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant):
                value = str(node.value.value)
                found |= {value: file.name} if REQUIREMENT.fullmatch(value) else {}
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found[node.value] = file.name
    return found


def test_every_code_the_program_can_name_is_explained() -> None:
    known = explained()
    assert {code: file for code, file in codes_in_the_program().items() if code not in known} == {}


def test_every_rule_explained_has_both_languages_and_a_known_requirement() -> None:
    ids = {item.id for item in told()}
    for code, rule in explained().items():
        zh, en = rule.text
        assert zh != en, code
        assert not zh.isascii(), code
        assert rule.severity in {"error", "warning", "info"}, code
        assert not rule.requirement or rule.requirement in ids, code


def test_no_rule_is_explained_that_nothing_names() -> None:
    packs = {code for code in explained() if code not in own_rules()}
    assert sorted(own_rules() - set(codes_in_the_program()) - packs) == []


def own_rules() -> set[str]:
    raw = load((ROOT / "crmctl" / "packs" / "rules.yaml").read_bytes(), "rules.yaml")
    assert isinstance(raw, dict)
    given = raw["rules"]
    assert isinstance(given, dict)
    return set(given)
