"""A department graded under P23 on a real ledger: needs, coverage, caps, explanation, idempotence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, NoKey
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.regrading import compare, run
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change, Who, write
from crmctl.ledger.ledger import MAIN
from crmctl.resources import packs_path
from crmctl.rules.regrade import evidence_of
from tests.admitting import admitted_hospitals
from tests.company import Company

AS_OF = date(2026, 11, 20)
VALUES = {"vip_beds": 200, "vip_volume": 100000, "preferred_beds": 100, "preferred_volume": 20000,
          "contract_required": False}  # fmt: skip


def adopt_p23(company: Company, values: dict[str, object]) -> None:
    ledger = company.ledger()
    raw = dict(ledger.in_force.raw["policy/company.yaml"])  # type: ignore[arg-type,call-overload]
    raw |= {"extends": ["base", "p23"], "values": values}
    edits = {
        "policy/company.yaml": dump(raw),
        "policy/packs/p23.yaml": (packs_path() / "p23.yaml").read_bytes(),
    }
    write(
        ledger.repo,
        [Change(MAIN, ledger.head, edits, "adopt\n")],
        ledger.identity.sign,
        Who("alice", "a@b"),
        ledger.now,
    )


def test_lost_numbers_are_demanded_and_never_invented(company: Company) -> None:
    adopt_p23(company, {})
    with pytest.raises(BadConfiguration) as caught:
        run(company.ledger(), "east", AS_OF)
    assert {f.args["name"] for f in caught.value.findings if f.code == "POL011"} == {*VALUES} - {"contract_required"}


@pytest.mark.req("R-GRD-21")
@pytest.mark.req("R-GRD-26")
@pytest.mark.req("R-GRD-27")
@pytest.mark.req("R-GRD-30")
def test_fifteen_and_thirty_percent_of_ten_then_the_rest_qualified(company: Company) -> None:
    adopt_p23(company, VALUES)
    ids = admitted_hospitals(company, 10)
    done = run(company.ledger(), "east", AS_OF)
    by_id = {p.id: p for p in done.proposals}
    assert [by_id[i].grade for i in ids] == ["vip", *["preferred"] * 3, *["qualified"] * 6]
    assert by_id[ids[1]].decision.waiting_for == "vip"
    assert done.bases == {"vip": 10, "preferred": 10}


@pytest.mark.req("R-RGD-13")
def test_a_second_run_the_same_day_writes_nothing(company: Company) -> None:
    adopt_p23(company, VALUES)
    admitted_hospitals(company, 7)
    first, count = file_run(company.ledger(), run(company.ledger(), "east", AS_OF))
    assert count == 7
    second, again = file_run(company.ledger(), run(company.ledger(), "east", AS_OF))
    assert (second, again) == (first, 0)


@pytest.mark.req("R-GRD-39")
def test_the_record_keeps_every_condition_with_the_value_it_met(company: Company) -> None:
    adopt_p23(company, VALUES)
    dossier = admitted_hospitals(company, 7)[0]
    done = run(company.ledger(), "east", AS_OF)
    proposal = next(p for p in done.proposals if p.id == dossier)
    lines = {
        (e.grade, e.condition): (e.value, e.holds, e.clause) for e in evidence_of(done.rules.grading, proposal.decision)
    }
    assert lines["vip", "hospital_class >= third_b"] == ("third_a", "yes", "P23:V.2.2.a")
    assert lines["vip", "specialised_beds >= $vip_beds"] == ("unknown", "unknown", "P23:V.2.2.a")
    assert lines["vip", "breaches = 0"] == ("0", "yes", "P23:V.2.2.b")
    file_run(company.ledger(), done)
    ledger = company.ledger()
    path = next(p for p, _oid in ledger.repo.walk(ledger.head, "customers") if dossier in p and "/grades/" in p)
    record = ledger.read(path)
    assert record.data["grade"] == "vip"
    assert record.data["pack"] == "p23/5"
    assert len(record.data["evidence"]) == len(lines)  # type: ignore[arg-type]


@pytest.mark.req("R-GRD-19")
def test_any_breach_of_the_customer_disqualifies(company: Company) -> None:
    adopt_p23(company, VALUES)
    ids = admitted_hospitals(company, 7)
    breach = {"on": "2026-06-01", "what": "late_payment", "by_whom": "customer", "text": "paid two months late"}
    company.add("breach", breach, customer=ids[0])
    graded = {p.id: p.grade for p in run(company.ledger(), "east", AS_OF).proposals}
    assert graded[ids[0]] == "qualified"
    assert graded[ids[1]] == "vip"


@pytest.mark.req("R-RGD-05")
def test_nobody_is_raised_without_a_finished_stage_review(company: Company) -> None:
    adopt_p23(company, VALUES)
    ids = admitted_hospitals(company, 7)
    grade = {
        "on": "2026-03-01",
        "grade": "qualified",
        "state": "approved",
        "decided_by": "alice",
        "decided_on": "2026-03-02",
    }
    draft = company.draft()
    draft.new_record(draft.kind("grade"), ids[0], "east", grade)
    draft.commit("add", "grade")
    held = next(p for p in run(company.ledger(), "east", AS_OF).proposals if p.id == ids[0])
    assert (held.move, held.grade, held.decision.grade) == ("held", "qualified", "vip")
    review = {
        "period": "2026H1", "on": "2026-07-01", "by": "alice", "performance": "good", "payment": "on time",
        "integrity": "good", "state": "decided", "result": "raised", "decided_by": "alice",
        "decided_at": "2026-07-05T10:00:00+08:00",
    }  # fmt: skip
    company.add("stage_review", review, customer=ids[0])
    raised = next(p for p in run(company.ledger(), "east", AS_OF).proposals if p.id == ids[0])
    assert (raised.move, raised.grade) == ("up", "vip")


def test_below_full_coverage_nothing_is_decided(company: Company) -> None:
    adopt_p23(company, VALUES)
    admitted_hospitals(company, 2)
    company.sync("alice", "bob")
    with pytest.raises(NoKey, match="too little to decide on"):
        run(company.ledger("bob"), "east", AS_OF)


def test_a_trial_with_another_share_says_who_would_move(company: Company) -> None:
    adopt_p23(company, VALUES)
    ids = admitted_hospitals(company, 10)
    plain = run(company.ledger(), "east", AS_OF)
    trial = run(company.ledger(), "east", AS_OF, {"vip_share": "20%"})
    moved = [(a.id, a.decision.grade, b.decision.grade) for a, b in compare(plain, trial)]
    assert sorted(moved) == sorted([(ids[1], "preferred", "vip"), (ids[4], "qualified", "preferred")])


def test_the_same_state_and_date_give_the_same_outcome(company: Company, tmp_path: Path) -> None:
    adopt_p23(company, VALUES)
    admitted_hospitals(company, 9)
    assert run(company.ledger(), "east", AS_OF).proposals == run(company.ledger(), "east", AS_OF).proposals


def test_a_fact_that_asks_the_clock_is_refused_with_its_line(company: Company) -> None:
    adopt_p23(company, VALUES)
    ledger = company.ledger()
    text = (packs_path() / "p23.yaml").read_text("utf-8").replace("t.date <= :as_of", "t.date <= date('now')")
    edits: dict[str, bytes | None] = {"policy/packs/p23.yaml": text.encode()}
    change = Change(MAIN, ledger.head, edits, "clock\n")
    write(ledger.repo, [change], ledger.identity.sign, Who("alice", "a@b"), ledger.now)
    with pytest.raises(BadConfiguration, match="volume_12m") as caught:
        run(company.ledger(), "east", AS_OF)
    assert caught.value.where == "policy facts.volume_12m.sql:2"
