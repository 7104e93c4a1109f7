"""Edges of grading under P23: admitted on the last day, known to one department only, the last seat taken twice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crmctl.cli.boundary import main
from crmctl.errors import BadConfiguration, NotFound, Refused
from crmctl.ledger.affairs.dealing import assign
from crmctl.ledger.affairs.grade_approving import approve_grades, put_forward
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.grade_cap import overfull_grades
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.ledger.waiting.undo import undo
from crmctl.review.inbox import inbox
from tests.admitting import HOSPITAL, admit, admitted_hospitals
from tests.company import CARD, Company
from tests.prepared import prepared
from tests.requirements.proving import says
from tests.under_review import approve_record, hand_in

VIP: dict[str, object] = {"grade": "vip", "on": "2026-11-19", "state": "approved", "decided_by": "alice",
                          "decided_on": "2026-11-19"}  # fmt: skip


@prepared
def p23(company: Company) -> Company:
    adopt(company.ledger(), "p23")
    for name, value in (("vip_beds", "200"), ("vip_volume", "100000"), ("preferred_beds", "100"),
                        ("preferred_volume", "20000")):  # fmt: skip
        set_value(company.ledger(), name, value)
    return company


def test_who_is_admitted_on_the_last_day_of_the_half_year_counts_from_that_day(p23: Company) -> None:
    set_value(p23.ledger(), "period_mode", "calendar")
    customer = p23.add("customer", {**CARD, **HOSPITAL}, department="east").id
    admit(p23, customer, "2026-06-30")
    ledger = p23.ledger()
    graded = {
        day: run(ledger, "east", date.fromisoformat(day)).holders[customer] for day in ("2026-06-29", "2026-06-30")
    }
    assert graded == {"2026-06-29": None, "2026-06-30": "qualified"}
    found = {one.code: one.due for one in agenda(ledger, own(ledger), date(2026, 12, 30)).items}
    assert found["RGD001"] == date(2026, 12, 30)
    assert file_run(p23.ledger(), run(p23.ledger(), "east", date(2026, 6, 30)))[1] == 1
    assert file_run(p23.ledger(), run(p23.ledger(), "east", date(2026, 6, 30)))[1] == 0


@pytest.mark.parametrize(
    ("kind", "value"), [("int", "'many'"), ("money", "'12.5'"), ("number", "'a'"), ("bool", "'no'"),
                        ("int", "abs(-9223372036854775807 - 1)")],
)  # fmt: skip
def test_a_fact_whose_sql_gives_something_else_grades_nobody_and_is_named(
    company: Company, tmp_path: Path, kind: str, value: str
) -> None:
    company.customer()
    condition = "odd = yes" if kind == "bool" else "odd >= 1"
    own = tmp_path / "own.yaml"
    own.write_text(
        f"""schema: crmctl/pack/1
pack: own
version: 1
vocab: {{grade: {{hi: [高, High]}}}}
facts:
  odd: {{is: {kind}, sql: "SELECT c.id, {value} AS value FROM customer c"}}
grade: {{ladder: [{{grade: hi, if: {condition}}}]}}
""",
        encoding="utf-8",
    )
    adopt(company.ledger(), str(own))
    with pytest.raises(BadConfiguration, match="odd"):
        run(company.ledger(), "east", date(2026, 11, 20))


def test_no_grade_waits_in_a_department_that_is_not_there(p23: Company) -> None:
    assert put_forward(p23.ledger(), "west") == []
    with pytest.raises(NotFound, match="nort"):
        put_forward(p23.ledger(), "nort")


def test_vip_in_one_department_is_nothing_in_another(p23: Company) -> None:
    set_value(p23.ledger(), "vip_share", "100%")
    customer = p23.add("customer", {**CARD, **HOSPITAL}, department="east").id
    admit(p23, customer, "2026-02-01")
    p23.add("grade", VIP, customer=customer, department="east")
    assign(p23.ledger(), customer, "west")
    east, west = (run(p23.ledger(), name, date(2026, 11, 20)).proposal(customer) for name in ("east", "west"))
    assert east is not None
    assert west is not None
    assert (east.before, west.before, west.grade) == ("vip", None, None)


def test_two_copies_that_each_take_the_last_seat_are_found_together(
    p23: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_value(p23.ledger(), "vip_share", "50%")
    first, second = admitted_hospitals(p23, 2)
    p23.sync("alice", "carol")
    by_carol = {**VIP, "decided_by": "carol"}
    p23.add("grade", VIP, customer=first, department="east")
    waiting = p23.add("grade", by_carol, "carol", customer=second, department="east").id
    assert list(overfull_grades(p23.ledger())) == []
    p23.sync("alice")
    hand_in(p23, "carol")  # no head: a head has to say so
    with pytest.raises(Refused) as full:
        approve_record(p23, waiting, "alice")
    assert (full.value.rule, "crmctl grade approve" in str(full.value.hint)) == ("GRD021", True)
    monkeypatch.setattr("crmctl.review.approving.must_have_seats", lambda *_: None)  # an earlier crmctl did not ask
    assert approve_record(p23, waiting, "alice")
    assert [one.code for one in overfull_grades(p23.ledger())] == ["GRD021"]


def test_two_who_change_places_in_full_grades_are_approved_together(p23: Company) -> None:
    set_value(p23.ledger(), "vip_share", "50%")
    set_value(p23.ledger(), "preferred_share", "50%")
    first, second = admitted_hospitals(p23, 2)
    for customer, grade in ((first, "vip"), (second, "preferred")):
        p23.add("grade", {**VIP, "grade": grade}, customer=customer, department="east")
    proposed = {"on": "2026-11-20", "state": "proposed"}
    down = p23.add("grade", {**proposed, "grade": "preferred"}, customer=first, department="east").id
    up = p23.add("grade", {**proposed, "grade": "vip"}, customer=second, department="east").id
    for one in (down, up):
        with pytest.raises(Refused) as caught:
            approve_grades(p23.ledger(), "east", [w for w in put_forward(p23.ledger(), "east") if w.id == one])
        assert caught.value.rule in {"GRD021", "GRD026"}
    done = approve_grades(p23.ledger(), "east", put_forward(p23.ledger(), "east"))
    assert {one.id for one in done.approved} == {down, up}
    assert list(overfull_grades(p23.ledger())) == []
    assert put_forward(p23.ledger(), "east") == []


def test_half_of_two_who_change_places_is_not_approved_alone(p23: Company, capsys: pytest.CaptureFixture[str]) -> None:
    set_value(p23.ledger(), "vip_share", "50%")
    set_value(p23.ledger(), "preferred_share", "50%")
    first, second = admitted_hospitals(p23, 2)
    for customer, grade in ((first, "vip"), (second, "preferred")):
        p23.add("grade", {**VIP, "grade": grade}, customer=customer, department="east")
    p23.sync("alice", "carol")
    swap = {(first, "east", "grade"): "preferred", (second, "east", "grade"): "vip"}
    for customer, grade in ((first, "preferred"), (second, "vip")):  # two changes, handed in together
        draft = p23.draft("carol")
        values = {**VIP, "grade": grade, "on": "2026-11-20", "decided_by": "carol", "decided_on": "2026-11-20"}
        draft.intended = swap
        draft.new_record(draft.kind("grade"), customer, "east", values)
        draft.commit("add", "grade")
    hand_in(p23, "carol")
    p23.sync("alice")
    (bundle,) = inbox(p23.ledger())
    down, up = (change.name for change in bundle.changes)
    for one, other in ((up, down), (down, up)):
        with pytest.raises(Refused) as half:
            says(p23, capsys, "review", "approve", one)
        assert f"Only together with {other}" in half.value.what
        assert half.value.hint == f"crmctl review approve {one} {other}"
        assert half.value.rule in {"GRD021", "GRD026"}
    says(p23, capsys, "review", "approve", up, down)
    assert list(overfull_grades(p23.ledger())) == []
    held = run(p23.ledger(), "east", date(2026, 11, 20))
    assert [held.proposal(one).before for one in (first, second)] == ["preferred", "vip"]  # type: ignore[union-attr]


def test_of_more_than_there_are_seats_the_last_in_rank_is_left_and_told(p23: Company) -> None:
    set_value(p23.ledger(), "vip_share", "67%")
    ids = admitted_hospitals(p23, 3)
    for place, customer in enumerate(ids, 1):
        values = {"on": "2026-11-20", "state": "proposed", "grade": "vip", "place": str(place)}
        p23.add("grade", values, customer=customer, department="east")
    with pytest.raises(Refused, match="2 of 2 seats are taken"):
        approve_grades(p23.ledger(), "east", put_forward(p23.ledger(), "east"))
    tried = approve_grades(p23.ledger(), "east", put_forward(p23.ledger(), "east"), strict=False, dry_run=True)
    assert (tried.commit, len(tried.approved), len(put_forward(p23.ledger(), "east"))) == (None, 2, 3)
    done = approve_grades(p23.ledger(), "east", put_forward(p23.ledger(), "east"), strict=False)
    assert {one.dossier for one in done.approved} == set(ids[:2])
    assert [(one.dossier, why.rule) for one, why in done.left] == [(ids[2], "GRD021")]


@pytest.mark.req("R-RGD-05")
@pytest.mark.req("R-RGD-08")
def test_a_run_is_approved_at_the_command_line(p23: Company, capsys: pytest.CaptureFixture[str]) -> None:
    set_value(p23.ledger(), "vip_share", "50%")
    first, second = admitted_hospitals(p23, 2)
    says(p23, capsys, "grade", "run", "--department", "east")
    tried = says(p23, capsys, "grade", "approve", "--all", "--department", "east", "--dry-run")
    assert tried.count("G-") == 2
    told = json.loads(says(p23, capsys, "grade", "approve", "Hospital 0", "--department", "east", "--json"))["data"]
    assert [(one["dossier"], one["grade"], one["move"]) for one in told["approved"]] == [(first, "vip", "new")]
    told = json.loads(says(p23, capsys, "grade", "approve", "--all", "--department", "east", "--json"))["data"]
    assert [(one["dossier"], one["before"]) for one in told["approved"]] == [(second, None)]
    assert told["left"] == []
    assert "vip" in says(p23, capsys, "grade", "history", first, "--json")
    assert told["waits"] is False
    # one who is not admitted is refused alone, and left where all are meant
    stranger = p23.add("customer", {**CARD, **HOSPITAL, "name": "New Clinic"}, department="east").id
    p23.add(
        "grade", {"on": "2026-11-20", "state": "proposed", "grade": "qualified"}, customer=stranger, department="east"
    )
    told = json.loads(says(p23, capsys, "grade", "approve", "--all", "--department", "east", "--json"))["data"]
    assert ([one["dossier"] for one in told["left"]], told["left"][0]["rule"], told["commit"]) == (
        [stranger],
        "ADM019",
        None,
    )
    for bad in (["grade", "approve"], ["grade", "approve", "New", "--all"]):
        assert main(["-C", str(p23.clone("alice")), *bad]) == 2
    assert main(["-C", str(p23.clone("alice")), "grade", "approve", first, "--department", "east"]) == 4


def test_of_what_was_handed_in_together_who_gives_up_a_seat_leaves_it(
    p23: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    from crmctl.review.desk import desk_of

    set_value(p23.ledger(), "vip_share", "50%")
    set_value(p23.ledger(), "preferred_share", "50%")
    first, second, other = admitted_hospitals(p23, 3)
    for customer, grade in ((first, "vip"), (second, "preferred")):
        p23.add("grade", {**VIP, "grade": grade}, customer=customer, department="east")
    p23.sync("alice", "carol")
    draft = p23.draft("carol")
    for customer, grade in ((first, "preferred"), (second, "vip")):
        values = {**VIP, "grade": grade, "on": "2026-11-20", "decided_by": "carol", "decided_on": "2026-11-20"}
        draft.intended = {(first, "east", "grade"): "preferred", (second, "east", "grade"): "vip"}
        draft.new_record(draft.kind("grade"), customer, "east", values)
    draft.commit("add", "grade")
    hand_in(p23, "carol")
    third = p23.add(
        "grade", {"on": "2026-11-20", "state": "proposed", "grade": "qualified"}, customer=other, department="east"
    )
    p23.sync("alice", "carol")
    told = json.loads(says(p23, capsys, "grade", "approve", third.id, "--department", "east", "--json", member="carol"))
    assert told["data"]["waits"] is True  # no head: a head has to say so
    undo(p23.ledger("carol"))
    p23.sync("alice")
    desk = desk_of(p23.ledger())
    assert [looked.findings for looked in desk.looked.values()] == [()]
