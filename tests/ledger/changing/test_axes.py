"""Several ways of grading at once on a real ledger: packs together, departments' own rules, products, dated values."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, InvalidInput, NotFound, Refused
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.changing.grade_cap import overfull_grades
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.deciding import axes_here, axis_named, rules_for
from crmctl.ledger.git.transaction import Change, Who, write
from crmctl.ledger.ledger import MAIN
from crmctl.ledger.reading.trying import try_examples
from crmctl.ledger.setup.policy_files import adopt, check_policy, set_value
from crmctl.ledger.snapshot.connection import connect
from crmctl.policy.scorecard import Line
from crmctl.rules.regrade import shares
from tests.admitting import admission, admitted_hospitals
from tests.company import Company

TODAY = date(2026, 11, 20)
P23 = {"vip_beds": "200", "vip_volume": "100000", "preferred_beds": "100", "preferred_volume": "20000",
       "contract_required": "no", "overlay_needs_filing": "no"}  # fmt: skip
P20 = {"strategic_volume": "500000", "important_volume": "100000", "high_potential": "80", "problem_complaints": "3",
       "problem_purchases": "1", "problem_volume": "1"}  # fmt: skip
P17 = {"power_vip": "300000", "power_senior": "100000", "power_general": "10000", "loyal_high": "12",
       "loyal_general": "4", "loyal_high_days": "730", "loyal_general_days": "180", "broad_lines": "4", "special_lines": "2"}  # fmt: skip
SALE = {"date": "2026-11-01", "product": "Crutch", "amount": "150000"}


def take(company: Company, *packs: str, **values: str) -> None:
    for pack in packs:
        adopt(company.ledger(), pack)
    for name, value in values.items():
        set_value(company.ledger(), name, value)


def lay(company: Company, tmp_path: Path, text: str) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text, encoding="utf-8")
    adopt(company.ledger(), str(file))


@pytest.mark.req("R-GRD-01")
@pytest.mark.req("R-GRD-09")
@pytest.mark.req("R-GRD-10")
@pytest.mark.req("R-GRD-11")
@pytest.mark.req("R-GRD-13")
def test_axes_of_several_packs_grade_the_same_customer_each_by_itself(company: Company) -> None:
    take(company, "base", "p17", "p20", "p14", **P17, **P20)
    customer = company.customer(potential="90")
    company.add("transaction", SALE, customer=customer)
    ledger = company.ledger()
    assert [*axes_here(ledger)] == [
        "power",
        "loyalty",
        "scope",
        "value",
        "behaviour",
        "time",
        "progress",
        "nature",
        "position",
    ]
    graded = {}
    for axis in ("power", "loyalty", "scope", "value", "progress"):
        (proposal,) = run(ledger, "east", TODAY, axis=axis).proposals
        graded[axis] = proposal.grade
    assert graded == {"power": "senior", "loyalty": "low", "scope": "special", "value": "important", "progress": "now"}


@pytest.mark.req("R-GRD-41")
def test_a_grade_is_kept_with_its_axis_and_one_axis_does_not_touch_the_other(company: Company) -> None:
    take(company, "base", "p17", "p20", **P17, **P20)
    customer = company.customer(potential="10")
    company.add("transaction", {**SALE, "amount": "20000"}, customer=customer)
    for axis in ("power", "value"):
        assert file_run(company.ledger(), run(company.ledger(), "east", TODAY, axis=axis))[1] == 1
        assert file_run(company.ledger(), run(company.ledger(), "east", TODAY, axis=axis))[1] == 0
    rows = connect(company.ledger(), ["grade"]).execute("SELECT axis, grade, before FROM grade ORDER BY axis")
    assert rows.fetchall() == [("power", "general", None), ("value", "general", None)]


@pytest.mark.req("R-GRD-04")
@pytest.mark.req("R-GRD-05")
@pytest.mark.req("R-GRD-07")
def test_time_progress_and_position_follow_from_the_deals(company: Company) -> None:
    take(company, "base", "p14", new_days="180", main_share="50%", general_share="10%")
    old, new, never = (company.customer(name=name) for name in ("Alder", "Birch", "Cedar"))
    company.add("transaction", {**SALE, "date": "2025-01-10", "amount": "100"}, customer=old)
    company.add("transaction", {**SALE, "amount": "900"}, customer=new)
    company.add("transaction", {**SALE, "sample": True}, customer=never)

    def graded(axis: str) -> list[str | None]:
        by_id = {p.id: p.decision.grade for p in run(company.ledger(), "east", TODAY, axis=axis).proposals}
        return [by_id[one] for one in (old, new, never)]

    assert graded("time") == ["old", "new", "future"]
    assert graded("progress") == ["once", "now", "will"]
    assert graded("position") == ["scattered", "main", "scattered"]
    company.add(
        "contract",
        {"number": "H1", "subject": "Crutches", "state": "signed", "signed_on": "2026-01-01",
         "valid_from": "2026-01-01", "valid_to": "2026-12-31"},
        customer=old,
    )  # fmt: skip
    assert graded("progress") == ["now", "now", "will"]
    with pytest.raises(Refused, match="not put forward"):
        file_run(company.ledger(), run(company.ledger(), "east", TODAY, axis="time"))


@pytest.mark.req("R-GRD-02")
def test_the_first_deal_closes_the_stage_and_judged_importance_makes_it_key(company: Company) -> None:
    take(company, "base", "p02", dormant_after="90")
    bought, key, eager = (
        company.customer(name=n, **more)
        for n, more in (
            ("Alder", {"importance": "low"}),
            ("Birch", {"importance": "high"}),
            ("Cedar", {"intention": "high"}),
        )
    )
    for customer in (bought, key):
        company.add("transaction", SALE, customer=customer)
    assert file_run(company.ledger(), run(company.ledger(), "east", TODAY, axis="stage"))[1] == 3
    ledger = company.ledger()
    assert [ledger.dossier(one).assignments["east"].state for one in (bought, key, eager)] == [
        "closed", "key", "intending",
    ]  # fmt: skip
    assert file_run(ledger, run(ledger, "east", TODAY, axis="stage"))[1] == 0


@pytest.mark.req("R-UPD-10")
@pytest.mark.req("R-RGD-10")
def test_who_was_not_met_for_long_is_put_forward_as_dormant_with_the_reason(company: Company) -> None:
    take(company, "base", "p02", dormant_after="90")
    quiet, fresh = company.customer(name="Alder"), company.customer(name="Birch")
    company.add("transaction", {**SALE, "date": "2026-08-22"}, customer=quiet)
    company.add("transaction", {**SALE, "date": "2026-08-23"}, customer=fresh)
    done = run(company.ledger(), "east", TODAY, axis="activity")
    assert {p.id: p.grade for p in done.proposals} == {quiet: "dormant", fresh: "active"}
    file_run(company.ledger(), done)
    sql = "SELECT evidence FROM grade WHERE grade = 'dormant'"
    assert '"days_since_contact >= $dormant_after"' in connect(company.ledger(), ["grade"]).execute(sql).fetchone()[0]


@pytest.mark.req("R-GRD-03")
@pytest.mark.req("R-GRD-16")
def test_urgency_power_and_intent_make_abc_and_importance_says_who_manages(company: Company) -> None:
    take(company, "base", "p08", "p21")
    company.customer(intention="high", power="strong", urgency="now", importance="high")
    ledger = company.ledger()
    assert [p.grade for p in run(ledger, "east", TODAY, axis="client").proposals] == ["a"]
    # where the card says no urgency, the latest need that is not settled tells it
    needs = [
        {"on": "2026-10-01", "text": "beds", "urgency": "now"},
        {"on": "2026-11-01", "text": "more", "urgency": "year"},
    ]
    later = company.customer(name="Later", intention="high", power="strong", needs=needs)
    settled = [needs[0], {**needs[1], "settled_on": "2026-11-10"}]
    sooner = company.customer(name="Sooner", intention="high", power="strong", needs=settled)
    found = {p.id: p.grade for p in run(company.ledger(), "east", TODAY, axis="client").proposals}
    assert (found[later], found[sooner]) == ("b", "a")
    done = run(ledger, "east", TODAY, axis="importance")
    assert [p.grade for p in done.proposals] == ["key"]
    assert done.rules.axis.service["key"].managed_by == "account_manager"


def test_an_unset_number_of_one_pack_stops_its_own_axis_only(company: Company) -> None:
    take(company, "base", "p23", "p20", **P20)
    company.customer()
    with pytest.raises(BadConfiguration) as caught:
        run(company.ledger(), "east", TODAY)
    assert {one.args["name"] for one in caught.value.findings} == {*P23} - {"contract_required", "overlay_needs_filing"}
    assert run(company.ledger(), "east", TODAY, axis="value").proposals


def test_an_axis_is_found_by_name_and_label_and_nothing_else(company: Company) -> None:
    take(company, "base", "p17", "p20", **P17)
    ledger = company.ledger()
    assert axis_named(ledger, "Loyalty") == axis_named(ledger, "忠诚度") == "loyalty"
    with pytest.raises(InvalidInput, match="several axes"):
        axis_named(ledger, None)
    with pytest.raises(InvalidInput, match="There is no axis loyalt") as caught:
        axis_named(ledger, "loyalt")
    assert caught.value.hint == "Did you mean loyalty?"


@pytest.mark.req("R-RGD-15")
def test_a_threshold_that_rises_counts_from_its_day(company: Company) -> None:
    take(company, "base", "p23", **P23)
    set_value(company.ledger(), "vip_volume", "400000", start=date(2027, 1, 1))
    ledger = company.ledger()
    assert [rules_for(ledger, "east", day=day).values["vip_volume"] for day in (TODAY, date(2027, 1, 1))] == [
        100000, 400000,
    ]  # fmt: skip
    admitted_hospitals(company, 7, hospital_class="first_a", beds=1)
    for proposal in run(company.ledger(), "east", TODAY).proposals[:2]:
        company.add("transaction", SALE, customer=proposal.id, department="east")
    assert [p.grade for p in run(company.ledger(), "east", TODAY).proposals].count("vip") == 1
    assert [p.grade for p in run(company.ledger(), "east", date(2027, 1, 1)).proposals].count("vip") == 0


@pytest.mark.req("R-ADM-08")
def test_a_department_may_tighten_and_not_loosen(company: Company, tmp_path: Path) -> None:
    take(company, "base", "p23", **P23)
    ids = admitted_hospitals(company, 10)
    assert run(company.ledger(), "east", TODAY).proposal(ids[0]).grade == "vip"  # type: ignore[union-attr]
    lay(
        company,
        tmp_path,
        "schema: crmctl/overlay/1\ndepartment: east\naxes:\n  grade:\n    also:\n      vip: [volume_12m >= 1]\n",
    )
    assert run(company.ledger(), "east", TODAY).proposal(ids[0]).grade == "preferred"  # type: ignore[union-attr]
    assert run(company.ledger(), "west", TODAY).proposals == ()
    loose = "schema: crmctl/overlay/1\ndepartment: east\nvalues:\n  vip_volume: 200000\n  vip_share: 16%\n"
    with pytest.raises(BadConfiguration) as caught:
        lay(company, tmp_path, loose)
    (finding,) = caught.value.findings
    assert (finding.code, finding.where) == ("POL031", f"{tmp_path / 'own.yaml'}:5")
    with pytest.raises(NotFound, match="no department esat"):
        lay(company, tmp_path, "schema: crmctl/overlay/1\ndepartment: esat\n")


@pytest.mark.req("R-ADM-08")
def test_a_loosened_file_that_came_in_otherwise_loads_nowhere(company: Company) -> None:
    take(company, "base", "p23", **P23)
    ledger = company.ledger()
    edits: dict[str, bytes | None] = {"policy/east.yaml": b"department: east\nvalues:\n  vip_share: 50%\n"}
    write(ledger.repo, [Change(MAIN, ledger.head, edits, "x\n")], ledger.identity.sign, Who("alice", "a@b"), ledger.now)
    with pytest.raises(BadConfiguration) as caught:
        company.ledger().in_force  # noqa: B018
    assert [(one.code, one.where) for one in caught.value.findings] == [("POL031", "policy/east.yaml:3")]


@pytest.mark.req("R-ADM-01")
def test_a_department_grades_those_the_company_exempts_by_rules_of_its_own(company: Company, tmp_path: Path) -> None:
    take(company, "base", "p23", **P23)
    customer = company.customer(category="retail")
    company.add("transaction", SALE, customer=customer)
    lay(
        company, tmp_path,
        "schema: crmctl/overlay/1\ndepartment: east\naxes:\n  retail:\n    label: [散客等级, Retail]\n    ladder:\n"
        "      - {grade: big, if: volume_12m >= 100000}\n      - {grade: small, if: volume_12m >= 0}\n",
    )  # fmt: skip
    assert run(company.ledger(), "east", TODAY).proposal(customer).decision.exempt  # type: ignore[union-attr]
    assert run(company.ledger(), "east", TODAY, axis="retail").proposal(customer).grade == "big"  # type: ignore[union-attr]
    with pytest.raises(BadConfiguration, match="do not load"):
        run(company.ledger(), "west", TODAY, axis="retail")


@pytest.mark.req("R-GRD-21")
@pytest.mark.req("R-GRD-26")
def test_too_many_of_one_product_are_warned_of_and_not_moved(company: Company) -> None:
    take(company, "base", "p23", **P23)
    ids = admitted_hospitals(company, 10)
    for customer in ids[:4]:
        company.add("transaction", {**SALE, "product": "Knee"}, customer=customer)
    company.add("transaction", {**SALE, "product": "Sample", "sample": True}, customer=ids[0])
    done = run(company.ledger(), "east", TODAY, over=True)
    assert [p.grade for p in done.proposals].count("vip") == 1
    assert [(o.cap.code, o.group, len(o.holders), o.seats, o.base) for o in done.over] == [
        ("GRD022", "Knee", 1, 0, 4), ("GRD027", "Knee", 3, 1, 4),
    ]  # fmt: skip


@pytest.mark.req("R-GRD-29")
def test_a_grade_belongs_to_its_department_and_product(company: Company, tmp_path: Path) -> None:
    take(company, "base", "p23", **P23)
    ids = admitted_hospitals(company, 8)
    for customer in ids[:7]:
        company.add("transaction", {**SALE, "product": "Knee"}, customer=customer)
    draft = company.draft()
    draft.assign(ids[0], "west", "alice")
    draft.commit("assign", "customer")
    lay(
        company, tmp_path,
        "schema: crmctl/overlay/1\ndepartment: east\nproducts:\n  Knee:\n    axes:\n      grade:\n        also:\n"
        "          vip: [volume_12m >= 999999]\n",
    )  # fmt: skip
    file_run(company.ledger(), run(company.ledger(), "east", TODAY))
    knee = run(company.ledger(), "east", TODAY, product="Knee")
    assert (len(knee.proposals), {p.grade for p in knee.proposals}) == (7, {"preferred"})
    assert file_run(company.ledger(), knee)[1] == 7
    (west,) = run(company.ledger(), "west", TODAY).proposals
    assert (west.id, west.grade, west.before) == (ids[0], None, None)
    sql = "SELECT department, product, grade FROM grade WHERE dossier = ? ORDER BY product"
    rows = connect(company.ledger(), ["grade"]).execute(sql, (ids[0],)).fetchall()
    assert rows == [("east", None, "vip"), ("east", "Knee", "preferred")]


@pytest.mark.req("R-GRD-32")
def test_the_mix_a_department_aims_at_shows_how_far_off_it_is(company: Company, tmp_path: Path) -> None:
    take(company, "base", "p23", **P23)
    admitted_hospitals(company, 10)
    lay(
        company, tmp_path,
        "schema: crmctl/overlay/1\ndepartment: east\naxes:\n  grade:\n    mix: {vip: {from: 5%, to: 10%}, preferred: 20%}\n",
    )  # fmt: skip
    done = run(company.ledger(), "east", TODAY)
    found = shares(done.rules.grading.grades, list(done.holders.values()), done.rules.axis.mix)
    assert [(s.grade, s.count, s.of, float(s.off)) for s in found] == [
        ("vip", 1, 10, 0.0), ("preferred", 3, 10, 0.1), ("qualified", 6, 10, 0.0),
    ]  # fmt: skip


@pytest.mark.req("R-GRD-17")
@pytest.mark.req("R-GRD-28")
@pytest.mark.req("R-ADM-09")
def test_the_evaluation_form_weighs_what_the_company_says_and_a_department_may_write_its_own(
    company: Company, tmp_path: Path
) -> None:
    take(company, "base", "p23", **P23)
    customer, *_rest = admitted_hospitals(company, 1)
    with pytest.raises(BadConfiguration) as caught:
        run(company.ledger(), "east", TODAY, axis="evaluation")
    assert {one.args.get("name") for one in caught.value.findings} >= {"weight_volume", "vip_points"}
    take(company, weight_volume="40", weight_receivables="20", weight_reputation="20", weight_loyalty="20",
         vip_points="80", preferred_points="50")  # fmt: skip
    done = run(company.ledger(), "east", TODAY, axis="evaluation")
    assert done.proposals[0].move == "review"
    scored = [
        {"criterion": "Annex 1", "item": item, "score": "90"} for item in ("receivables", "reputation", "loyalty")
    ]
    company.add(
        "admission", {**admission("2026-06-01"), "criteria": [*admission()["criteria"], *scored]},  # type: ignore[misc]
        customer=customer, department="east",
    )  # fmt: skip
    company.add("transaction", {**SALE, "amount": "20000"}, customer=customer)
    done = run(company.ledger(), "east", TODAY, axis="evaluation")
    lines: list[Line] = done.lines(customer)
    assert [(line.item.name, float(line.adds or 0)) for line in lines] == [
        ("volume", 24.0), ("receivables", 18.0), ("reputation", 18.0), ("loyalty", 18.0),
    ]  # fmt: skip
    assert done.proposals[0].grade == "preferred"
    own = "schema: crmctl/overlay/1\ndepartment: east\naxes:\n  evaluation:\n    scorecard:\n      as: points\n      items:\n"
    with pytest.raises(BadConfiguration) as caught:
        lay(company, tmp_path, own + "        - {of: reputation_points, weight: 90}\n")
    assert [one.code for one in caught.value.findings] == ["POL034"]
    lay(company, tmp_path, own + "        - {of: reputation_points, weight: 100}\n")
    assert run(company.ledger(), "east", TODAY, axis="evaluation").proposals[0].grade == "vip"


@pytest.mark.req("R-RGD-08")
def test_the_last_seat_is_given_once_unless_another_gives_up_its_own(company: Company) -> None:
    take(company, "base", "p23", **P23)
    ids = admitted_hospitals(company, 7)
    grade = {"on": "2026-11-01", "grade": "vip", "state": "proposed"}
    first, second = (company.add("grade", grade, customer=one).id for one in ids[:2])
    decided = {"state": "approved", "decided_by": "alice", "decided_on": "2026-11-02"}
    approve(company, first, decided)
    with pytest.raises(Refused, match="1 of 1 seats are taken") as caught:
        approve(company, second, decided)
    assert caught.value.rule == "GRD021"
    later = {**decided, "on": "2026-11-03", "decided_on": "2026-11-04"}
    draft = company.draft()
    draft.new_record(draft.kind("grade"), ids[0], "east", {**grade, **later, "grade": "qualified"})
    draft.new_record(draft.kind("grade"), ids[1], "east", {**grade, **later})
    draft.commit("add", "grade")
    assert list(overfull_grades(company.ledger())) == []


def approve(company: Company, record: str, decided: dict[str, object]) -> None:
    from crmctl.ledger.changing.entry import advance

    values = {name: value for name, value in decided.items() if name != "state"}
    advance(company.ledger(), record, "approved", values, Origin())


@pytest.mark.req("R-GRD-21")
def test_check_finds_more_holders_than_seats(company: Company) -> None:
    ids = admitted_hospitals(company, 6)
    grade = {"on": "2026-11-01", "grade": "vip", "state": "approved", "decided_by": "alice", "decided_on": "2026-11-02"}
    company.add("grade", grade, customer=ids[0])
    take(company, "base", "p23", **P23)
    (finding,) = overfull_grades(company.ledger())
    assert (finding.code, finding.args["count"], finding.args["seats"]) == ("GRD021", 1, 0)


@pytest.mark.req("R-GRD-20")
@pytest.mark.req("R-GRD-22")
@pytest.mark.req("R-GRD-25")
def test_every_example_of_every_pack_comes_out(company: Company) -> None:
    take(company, "base", "p02", "p08", "p11", "p14", "p17", "p20", "p21", "p23")
    outcomes = try_examples(company.ledger())
    assert len(outcomes) > 25
    assert [(o.example.where, o.example.name, o.wanted, o.got) for o in outcomes if not o.passed] == []


def test_an_example_that_comes_out_otherwise_is_told(company: Company, tmp_path: Path) -> None:
    take(company, "base", "p20")
    text = (
        "schema: crmctl/pack/1\npack: mine\nversion: 1\nexamples:\n"
        "  - {name: [例, One], axis: behaviour, values: {problem_complaints: 3, problem_purchases: 1, problem_volume: 1}, "
        "facts: {complaints_12m: 2}, is: problem}\n"
    )
    lay(company, tmp_path, text)
    assert [o.got for o in try_examples(company.ledger(), "mine")] == ["review"]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("complaints_12m: 2", "complaint_12m: 2"), encoding="utf-8")
    (fault,) = check_policy(company.ledger(), wrong)
    assert (fault.code, fault.args["near"], fault.where) == ("POL032", "complaints_12m", f"{wrong}:5")


@pytest.mark.parametrize(
    "packs", [("p20",), ("p14",), ("p21",), ("p08",), ("p17",), ("p02",), ("p23", "p02"), ("p20", "p23")]
)
def test_packs_load_alone_and_together(company: Company, packs: tuple[str, ...]) -> None:
    take(company, "base", *packs)
    assert [one for one in check_policy(company.ledger()) if one.severity == "error"] == []
    customer = company.customer()
    assert update(company.ledger(), customer, {"intention": "high"}, Origin())
