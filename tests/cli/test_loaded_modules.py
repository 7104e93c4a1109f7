"""What each everyday command loads: heavy libraries only where they are needed, Git only as often as it must be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.company import CARD, NOW, VISIT, Company

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "pydantic", "git", "jinja2", "rich", "phonenumbers", "stdnum", "email_validator", "pypinyin", "opencc", "rapidfuzz",
    "cryptography", "xlsxwriter", "python_calamine", "chinese_calendar", "multiprocessing",
}  # fmt: skip
# What only changes, hands in, lands or grades: looking at records needs none of it.
WRITING = {
    "crmctl.ledger.changing.draft", "crmctl.ledger.git.transaction", "crmctl.ledger.changing.placing", "crmctl.ledger.changing.wrapping",
    "crmctl.ledger.changing.numbering", "crmctl.ledger.waiting.handed_in", "crmctl.model.validate", "crmctl.review.inbox",
    "crmctl.review.looking", "crmctl.trust.verify",
}  # fmt: skip
GRADING = {
    "crmctl.ledger.changing.regrading",
    "crmctl.rules.grading",
    "crmctl.rules.regrade",
    "crmctl.cli.commands.grade_words",
}
SCRIPT = """
import atexit, json, subprocess, sys
started = []
really = subprocess.Popen.__init__
def counted(self, args, *more, **options):
    words = [word for before, word in zip(["", *args], args) if not word.startswith("-") and before != "-c"]
    started.append(words[:2])
    really(self, args, *more, **options)
subprocess.Popen.__init__ = counted
sys.argv = ["crmctl", *sys.argv[1:]]
atexit.register(lambda: print("LOADED" + json.dumps([sorted(sys.modules), started]), file=sys.stderr))
from crmctl.__main__ import run
run()
"""
Loaded = Callable[..., tuple[set[str], list[list[str]]]]


@pytest.fixture(scope="module")
def stocked(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> tuple[Company, str, str]:
    """The company with a customer and a visit, everything looked at once."""
    company = founded.copy(tmp_path_factory.mktemp("loaded") / "company")
    before = os.environ.get("CRMCTL_NOW")
    os.environ["CRMCTL_NOW"] = NOW
    try:
        customer = company.customer(name="北京第一医院")
        visit = company.add("visit", VISIT, customer=customer).id
    finally:
        os.environ.pop("CRMCTL_NOW") if before is None else os.environ.update(CRMCTL_NOW=before)
    return company, customer, visit


@pytest.fixture
def loaded(stocked: tuple[Company, str, str]) -> Loaded:
    """`loaded("show", …)`: the modules and the children of that command when it ends, its second time."""
    company = stocked[0]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "CRMCTL_HOME": str(company.home), "CRMCTL_NOW": NOW}

    def run(*arguments: str, twice: bool = True) -> tuple[set[str], list[list[str]]]:
        for _time in range(2 if twice else 1):
            done = subprocess.run(
                [sys.executable, "-c", SCRIPT, *arguments],
                cwd=company.clone("alice"), env=env, capture_output=True, encoding="utf-8", check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        modules, started = json.loads(done.stderr.rpartition("LOADED")[2])
        return set(modules), started

    return run


def sets(values: dict[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]


@pytest.mark.parametrize(
    "words",
    [
        ("show", "北京第一"), ("show", "第一医院", "--json"), ("show", "{visit}"), ("list", "customer"), ("list", "visit"),
        ("list", "visit", "--json"), ("find", "医院"), ("show", "{customer}"),
    ],
)  # fmt: skip
def test_looking_loads_no_heavy_library_and_starts_git_twice(
    loaded: Loaded, stocked: tuple[Company, str, str], words: tuple[str, ...]
) -> None:
    modules, started = loaded(*(word.format(customer=stocked[1], visit=stocked[2]) for word in words))
    assert not modules & HEAVY
    assert not modules & (WRITING | GRADING)
    assert "crmctl.ledger.snapshot.refresh" not in modules
    assert started == [["git", "rev-parse"], ["git", "cat-file"]]


def test_initials_load_pypinyin_once(loaded: Loaded) -> None:
    modules, _started = loaded("show", "bjdy")
    assert not modules & HEAVY


def test_show_by_name_loads_the_names_alone(loaded: Loaded, stocked: tuple[Company, str, str]) -> None:
    loaded("show", "北京第一")
    folder = stocked[0].clone("alice") / ".git" / "crmctl" / "snapshot" / "alice"
    hidden = [path.rename(path.with_suffix(".away")) for path in folder.glob("kind-*.age")]
    try:
        loaded("show", "北京第一", twice=False)
        assert list(folder.glob("kind-*.age")) == []
    finally:
        for path in hidden:
            path.rename(path.with_suffix(".age"))


def test_adding_a_visit_checks_and_signs_with_five_children(loaded: Loaded, stocked: tuple[Company, str, str]) -> None:
    modules, started = loaded("add", "visit", "-c", "北京第一", *sets(VISIT))
    assert modules & HEAVY <= {"pydantic", "cryptography"}
    assert not {
        name for name in modules if name.startswith(("crmctl.rules.duplicates", "crmctl.report", "crmctl.trust"))
    }
    assert not modules & (GRADING | {"crmctl.ledger.reading.due", "crmctl.ledger.reading.standing", "crmctl.rules.due"})
    assert [words[1] for words in started if words[0] == "git"] == [
        "rev-parse", "cat-file", "unpack-objects", "update-ref", "read-tree",
    ]  # fmt: skip


def test_changing_a_visit_loads_no_more_than_adding_one(loaded: Loaded, stocked: tuple[Company, str, str]) -> None:
    modules, started = loaded("update", stocked[2], "--set", "topic=Other", twice=False)
    assert modules & HEAVY <= {"pydantic", "cryptography"}
    assert len(started) <= 6


def test_adding_a_customer_loads_neither_rich_nor_gitpython_nor_jinja(loaded: Loaded) -> None:
    modules, _started = loaded("add", "customer", *sets(CARD), "--dry-run")
    assert not modules & {"rich", "git", "jinja2", "pypinyin", "multiprocessing"}


def test_a_check_where_nothing_changed_looks_at_nothing(loaded: Loaded) -> None:
    modules, started = loaded("check")
    assert not modules & (HEAVY - {"multiprocessing"})
    assert started == [["git", "rev-parse"], ["git", "cat-file"]]
