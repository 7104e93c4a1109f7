"""`why CODE`: by the ledger one stands in first, else as it ships; a requirement's number tells its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.ledger.setup.policy_files import set_value
from tests.cli.commands.conftest import Runner
from tests.company import Company
from tests.requirements.proving import lays_down

OWN = """
clocks:
  - {code: OWN001, on: visit, at: on, text: [自定拜访, Own visit], clause: 本公司 1.1}
  - {code: DUE007, on: inquiry, at: received_at, within: 2 hours, done: [answered_at], text: [速答, Answer fast]}
"""


def test_the_ledgers_own_rules_go_before_those_that_ship(
    company: Company, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    lays_down(company, OWN)
    set_value(company.ledger(), "complaint_within", "3 working days")
    monkeypatch.chdir(company.clone("alice"))
    own = run("why", "own001", "--json").document("rule")
    assert (own["pack"], own["in_force"], own["text"], own["clause"]) == (
        "own", True, ["自定拜访", "Own visit"], "本公司 1.1",
    )  # fmt: skip
    assert run("why", "DUE007", "--json").document("rule")["within"] == "2 hours"
    complaint = run("why", "DUE006")  # p07 has one of that code too, which does not count here
    assert "complaint_within = 3 working days" in complaint.out
    assert "base" in complaint.out
    assert "P07" not in complaint.out
    elsewhere = run("why", "NEW004", language="zh").out
    assert "p04（本台账未采用）" in elsewhere
    assert "newcust_limit" in elsewhere
    assert run("why", "OWN002").code == 4


def test_without_a_ledger_what_ships_is_told(run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("why", "GRD021", "--json").document("rule")
    assert (told["pack"], told["in_force"], told["clause"]) == ("p23", True, "P23:V.2.2.d")
    assert run("why", "OWN001").code == 4


def test_a_requirement_tells_how_far_it_is_met_and_its_rules(
    run: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("why", "r-grd-21", "--json").document("requirement")
    assert (told["requirement"]["id"], told["requirement"]["state"]) == ("R-GRD-21", "done")
    assert {one["code"] for one in told["rules"]} == {"GRD021", "GRD022"}
    assert "R-GRD-21" in run("why", "R-GRD-21").out
    assert "已办" in run("why", "R-GRD-21", language="zh").out
