"""`check --since`: what changed is looked at, all of it where the set-up changed, in every form of answer."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from crmctl.cli.boundary import main
from crmctl.errors import NotFound
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.setup.policy_files import set_value
from crmctl.ledger.waiting.undo import undo
from tests.attacks.forgery import Forger
from tests.company import VISIT, Company


@pytest.fixture
def spoiled(company: Company) -> tuple[Company, str, str]:
    """Two customers; the first one's card is spoiled, then the second one is changed. With the state in between."""
    first, second = company.customer(name="Northern Works"), company.customer(name="Southern Works")
    forger = Forger(company, "alice")
    path = next(path for path in forger.paths("core/customer.yaml.age") if first in path)
    forger.set(forger.forge("alice", {path: b"age-encryption.org/v1\nnot sealed\n"}))
    between = company.ledger().head
    update(company.ledger(), second, {"industry": "health"}, Origin())
    return company, between, path


@pytest.mark.parametrize("keyless", [True, False])
def test_only_what_changed_is_looked_at(spoiled: tuple[Company, str, str], keyless: bool) -> None:
    company, between, _path = spoiled
    since = check(company.ledger(), keyless=keyless, since=between)
    whole = check(company.ledger(), keyless=keyless)
    assert since.findings == ()
    assert [finding.code for finding in whole.findings] == ["CHK006"]
    assert 0 < since.existing < whole.existing
    earlier = check(company.ledger(), keyless=keyless, since=f"{between}~1")
    assert [finding.code for finding in earlier.findings] == ["CHK006"]


def test_a_changed_set_up_or_a_vanished_record_makes_everything_be_looked_at(spoiled: tuple[Company, str, str]) -> None:
    company, _between, _path = spoiled
    before = company.ledger().head
    set_value(company.ledger(), "intake_working_days", "4")
    assert [f.code for f in check(company.ledger(), keyless=True, since=before).findings] == ["CHK006"]
    visit = company.add("visit", VISIT, customer=company.customer(name="Third Works"), department="east")
    assert not check(company.ledger(), keyless=True, since=f"{visit.commit}~1").findings
    undo(company.ledger(), visit.commit)
    assert [f.code for f in check(company.ledger(), keyless=True, since=visit.commit).findings] == ["CHK006"]


def test_nothing_changed_is_nothing_looked_at(spoiled: tuple[Company, str, str]) -> None:
    company, _between, _path = spoiled
    head = company.ledger().head
    found = check(company.ledger(), since=head)
    assert (found.existing, found.findings) == (0, ())


def test_an_unknown_state_is_told(company: Company) -> None:
    with pytest.raises(NotFound):
        check(company.ledger(), since="nowhere")


def answered(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["-C", str(company.clone("alice")), "check", *words])
    return code, capsys.readouterr().out


def test_each_form_says_the_same_and_ends_alike(
    spoiled: tuple[Company, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    company, between, path = spoiled
    code, text = answered(company, capsys, "--format", "github")
    assert code == 1
    assert f"::error file={path},title=CHK006::Not sealed as it must be" in text
    code, text = answered(company, capsys, "--format", "junit")
    assert code == 1
    assert [f.attrib["type"] for f in ET.fromstring(text).iter("failure")] == ["CHK006"]
    for words in (("--json",), ("--format", "json")):
        code, text = answered(company, capsys, *words)
        assert code == 1
        assert [finding["code"] for finding in json.loads(text)["findings"]] == ["CHK006"]
    for form in ("text", "json", "github", "junit"):
        code, text = answered(company, capsys, "--since", between, "--format", form)
        assert code == 0
        assert "CHK006" not in text
    assert answered(company, capsys, "--format", "pdf")[0] == 2
