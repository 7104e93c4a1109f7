"""A complaint that waits for others: its clock stands still, at the command line and for everybody (R-CMP-10, DESIGN 5)."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from crmctl.cli.boundary import main
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.rules.due_parts import Due, Whose
from crmctl.rules.pausing import Pause
from tests.company import VISIT, Company
from tests.requirements.proving import lays_down, says
from tests.requirements.test_complaint_cycle import HEARD, complaint

TIMES = "values: {complaint_within: 3 working days, complaint_turn_1: 1 working day}\n"


def on(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    monkeypatch.setenv("CRMCTL_NOW", f"2026-{moment}:00+08:00")


def shown(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The complaint's item in `due --json`."""
    items = json.loads(says(company, capsys, "due", "--json", *words))["data"]["items"]
    (item,) = (item for item in items if item["code"] == "DUE006")
    return item  # type: ignore[no-any-return]


def due(company: Company, day: str) -> Due:
    ledger = company.ledger()
    whose = Whose(frozenset(ledger.in_force.org.members), frozenset(ledger.in_force.org.departments))
    (item,) = (item for item in agenda(ledger, whose, date.fromisoformat(day)).items if item.code == "DUE006")
    return item


@pytest.mark.req("R-CMP-10")
def test_a_complaint_that_waits_for_the_customer_stands_still_and_goes_on(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lays_down(company, TIMES)
    made = complaint(company)  # on Friday 20 November
    on(monkeypatch, "11-24T11:00")
    asked = ("--set", f"complaint={made}", "--set", "what=customer", "--set", "reason=batch number")
    says(company, capsys, "add", "waiting", "--customer", "North", *asked, "--set", "since=2026-11-24T10:30")
    on(monkeypatch, "12-04T10:00")
    item = shown(company, capsys)
    assert (item["due"], item["late"], item["paused"]["since"]) == (None, False, "2026-11-24T10:30:00+08:00")
    assert (item["paused"]["text"], item["paused"]["told"]) == (["等待他方", "Waiting for others"], "batch number")
    assert [(step["day"], step["count"], step["half"]) for step in item["trace"] if step["why"] == "workday"] == [
        ("2026-11-23", 1, False), ("2026-11-24", 1, True),
    ]  # fmt: skip
    told = says(company, capsys, "due", "--trace")
    assert "paused since 2026-11-24" in told
    assert "Open complaint (Waiting for others: batch number)" in told
    assert "stands still since 2026-11-24 10:30: Waiting for others: batch number" in told
    monkeypatch.setenv("CRMCTL_LANG", "zh_CN")
    assert main(["-C", str(company.clone("alice")), "due", "--trace"]) == 0
    told = capsys.readouterr().out
    assert "暂停，自 2026-11-24 起" in told
    assert "2026-11-24 10:30 起暂停：等待他方: batch number" in told
    monkeypatch.setenv("CRMCTL_LANG", "en")
    assert main(["-C", str(company.clone("alice")), "due"]) == 0
    # the answer came on Tuesday 1 December: five working days that do not count, also where two things are waited for
    waited = next(iter(w for w in says(company, capsys, "list", "waiting").split() if w.startswith("WT-")))
    says(company, capsys, "update", waited, "--set", "until=2026-12-01T16:00")
    within = ("--set", "since=2026-11-26T09:00", "--set", "until=2026-11-30T09:00")
    says(company, capsys, "add", "waiting", "--customer", "North", *asked, *within)
    item = shown(company, capsys)
    assert (item["due"], item["late"], item["late_days"], item["paused"]) == ("2026-12-02", True, 2, None)
    assert [pause["until"] for pause in item["pauses"]] == ["2026-12-01T16:00:00+08:00", "2026-11-30T09:00:00+08:00"]
    assert "2026-11-27  stood still  1½" in says(company, capsys, "due", "--trace")
    # whom it goes on to follows: one working day after that end
    assert (due(company, "2026-12-03").turned, due(company, "2026-12-04").turned) == (0, 1)
    # an end before the beginning is none
    bad = ["-C", str(company.clone("alice")), "update", waited, "--set", "until=2026-11-20T09:00"]
    assert main(bad) == 5
    # a company that lets the time run on says so
    set_value(company.ledger(), "complaint_waits", "no")
    assert shown(company, capsys)["due"] == "2026-11-25"


@pytest.mark.req("R-CMP-10")
@pytest.mark.req("R-CMP-20")
def test_what_waited_for_others_was_solved_in_time(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    adopt(company.ledger(), "p07")  # which has a clock of its own for each kind of complaint
    lays_down(company, TIMES.replace("complaint_within", "complaint_dispute_within"))
    place = {"customer": company.customer(), "department": "east"}
    made = company.add("complaint", {**HEARD, "category": "contract"}, **place).id
    on(monkeypatch, "12-04T10:00")

    def solved_in_time() -> list[object]:
        tables = json.loads(says(company, capsys, "report", "complaints", "--period", "2026Q4", "--format", "json"))
        return [row["solved_in_time"] for row in tables["data"]["tables"]["categories"]["rows"]]

    update(company.ledger(), made, {"solved_at": "2026-12-02T10:00:00+08:00"}, Origin())
    assert solved_in_time() == ["0"]
    waited = {"since": "2026-11-24T10:30:00+08:00", "until": "2026-12-01T16:00:00+08:00"}
    company.add("waiting", {"complaint": made, "what": "customer", "reason": "x", **waited}, **place)
    assert solved_in_time() == ["100"]
    assert due(company, "2026-12-02").due == date(2026, 12, 2)
    set_value(company.ledger(), "complaint_waits", "no")
    assert solved_in_time() == ["0"]


CLOCKS = """
clocks:
  - code: OWN001
    on: survey
    at: "on"
    within: 5 days
    text: [调查, Survey]
    pauses:
      - {from: problems.due_on, until: problems.solved_on, tell: problems.text, text: [有问题, A problem]}
      - {kind: visit, if: 'state in [planned]', from: "on", text: [有拜访, A visit]}
"""


def test_fields_of_the_record_itself_and_records_of_the_same_customer_pause_too(company: Company) -> None:
    lays_down(company, CLOCKS)
    place = {"customer": company.customer(), "department": "east"}
    problems = [
        {"text": "late", "due_on": "2026-11-11", "solved_on": "2026-11-13"}, {"text": "dear", "due_on": "2026-11-12", "solved_on": "2026-11-14"},
    ]  # fmt: skip
    company.add(
        "survey", {"on": "2026-11-10", "trigger": "periodic", "overall": "satisfied", "problems": problems}, **place
    )

    def found() -> Due:
        ledger = company.ledger()
        (item,) = (i for i in agenda(ledger, own(ledger)).items if i.code == "OWN001")
        return item

    assert (found().due, [pause.told for pause in found().pauses]) == (date(2026, 11, 18), ["late", "dear"])
    company.add("visit", {**VISIT, "on": "2026-11-19"}, **place)  # begun after the end
    assert found().due == date(2026, 11, 18)
    company.add("visit", {**VISIT, "on": "2026-11-17"}, **place)
    assert (found().due, found().paused) == (None, Pause(date(2026, 11, 17), None, ("有拜访", "A visit")))
