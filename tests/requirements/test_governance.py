"""Who writes the policy and what it says of itself, departments' filed rules, goals, freshness, posts, reports of reps."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import BadConfiguration, InvalidInput, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from crmctl.ledger.checking.doctor import examine
from crmctl.ledger.keys.identity import create
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.enrol import add_member, set_roles
from crmctl.ledger.setup.policy_files import adopt, check_policy, set_value
from crmctl.model.org import Role
from crmctl.rules.due_parts import Whose
from tests.company import Company, git
from tests.requirements.proving import DAY, lays_down, says

EAST = Whose(frozenset({"alice"}), frozenset({"east"}))
OWN = "schema: crmctl/overlay/1\ndepartment: east\nvalues: {complaint_within: 2 days}\n"


def due(company: Company, day: str = DAY) -> set[str]:
    ledger = company.ledger()
    return {item.code for item in agenda(ledger, EAST, date.fromisoformat(day)).items}


@pytest.mark.req("R-AUD-07")
@pytest.mark.req("R-AUD-08")
@pytest.mark.req("R-REC-50")
@pytest.mark.req("R-AUD-24")
def test_the_crm_department_writes_the_policy_and_departments_file_their_rules_with_it(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    adopt(company.ledger(), "p19")
    ledger = company.ledger()
    keys = create(company.home, "dora", None)
    add_member(ledger, keys, "Dora", (Role("crm", None, ledger.today),))
    company.sync("alice")
    from crmctl.ledger.setup.joining import join

    join(str(company.path / "server.git"), company.clone("dora"), "dora")
    customer = company.customer(name="Read by all of CRM")
    company.sync("alice", "dora")
    assert "Read by all of CRM" in says(company, capsys, "show", customer, member="dora")
    set_value(company.ledger("dora"), "complaint_within", "5 days")  # no administrator, and yet the policy is its own
    company.sync("dora", "alice", "bob")
    assert company.ledger().values()["complaint_within"] == "5 days"
    assert invoke(["-C", str(company.clone("alice")), "verify", "--full"]) == 0
    with pytest.raises(Refused):
        set_value(company.ledger("bob"), "complaint_within", "9 days")
    with pytest.raises(Refused):  # people and their keys are the administrators'
        set_roles(company.ledger("dora"), "bob", (Role("head", "east", ledger.today),))
    file = tmp_path / "east.yaml"
    file.write_text(OWN, "utf-8")
    with pytest.raises(Refused) as caught:
        adopt(company.ledger("dora"), str(file))
    assert caught.value.rule == "AUD030"
    paper: dict[str, object] = {"name": "Rules of east", "detailed": True, "pack": "east", "valid_from": DAY}
    made = company.add("policy_doc", paper, department="east").id
    advance(company.ledger(), made, "issued", {"number": "1", "issued_by": "alice", "issued_on": DAY}, Origin())
    with pytest.raises(Refused):
        adopt(company.ledger(), str(file))
    advance(company.ledger(), made, "filed", {"filed_with": "CRM department", "filed_on": DAY}, Origin())
    company.sync("alice", "dora")
    adopt(company.ledger("dora"), str(file))
    company.sync("dora", "alice")
    assert company.ledger().values("east")["complaint_within"] == "2 days"
    assert [fault for fault in check_policy(company.ledger()) if fault.severity == "error"] == []
    loose = tmp_path / "loose.yaml"
    loose.write_text(OWN.replace("2 days", "9 days"), "utf-8")
    with pytest.raises(BadConfiguration):
        adopt(company.ledger(), str(loose))
    set_value(company.ledger(), "overlay_needs_filing", "no")
    advance(company.ledger(), made, "in_force", {}, Origin())
    advance(company.ledger(), made, "replaced", {}, Origin())
    assert check_policy(company.ledger()) == []
    set_value(company.ledger(), "overlay_needs_filing", "yes")
    assert [fault.code for fault in check_policy(company.ledger())] == ["AUD030"]

    goal: dict[str, object] = {"period": "2026", "subject": "more regulars", "measure": "closed_customers",
                               "number": 5, "set_on": "2026-01-05", "in_charge": "alice"}  # fmt: skip
    aim = company.add("goal", goal, department="east").id
    advance(company.ledger(), aim, "agreed", {}, Origin())
    assert "AUD024" not in due(company)  # how often is the company's to say
    set_value(company.ledger(), "goal_evaluate_within", "3 months")
    assert "AUD024" in due(company)
    evaluated = {"evaluations": [{"on": DAY, "by": "alice", "share": "60", "text": "three of five"}]}
    update(company.ledger(), aim, evaluated, Origin())
    assert "AUD024" not in due(company)
    assert "AUD029" in due(company, "2026-12-31")
    assert "three of five" in says(company, capsys, "report", "goals", "--format", "csv")
    advance(company.ledger(), aim, "closed", {"summary": "well", "summary_on": DAY}, Origin())
    assert "AUD029" not in due(company, "2026-12-31")


@pytest.mark.req("R-AUD-17")
@pytest.mark.req("R-AUD-18")
@pytest.mark.req("R-PER-09")
def test_a_policy_says_what_it_is_and_posts_have_their_indicators(
    company: Company, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for pack in ("p04", "p15", "p11"):
        adopt(company.ledger(), pack)
    said = says(company, capsys, "policy", "show", "p04")
    for text in ("FS-QG-62237", "Market branch", "Recognising newly developed customers", "Purpose", "not said"):
        assert text in said
    assert "Laws on data protection" in says(company, capsys, "policy", "show", "p15")
    law: dict[str, object] = {
        "name": "Personal Information Protection Law",
        "number": "2021-91",
        "valid_from": "2021-11-01",
    }
    company.add("policy_doc", law, department="east")
    assert "Personal Information Protection Law" in says(company, capsys, "list", "policy_doc")

    def posts() -> list[tuple[str, str | None, str, int]]:
        rows = json.loads(says(company, capsys, "report", "indicators", "--json"))["data"]["tables"]["posts"]["rows"]
        return [(row["role"], row["indicator"], row["standard"], row["holders"]) for row in rows]

    assert posts() == [("channel_rep", None, "none set yet", 0), ("office_director", None, "none set yet", 0),
                       ("specialist", None, "none set yet", 0)]  # fmt: skip
    lays_down(
        company, "indicators: {channel_rep: [{name: visits, standard: [每月四十次, 40 a month]}, {name: sales}]}\n"
    )
    set_roles(company.ledger(), "bob", (Role("channel_rep", "east", date(2026, 1, 1)),))
    assert posts()[:2] == [("channel_rep", "visits", "40 a month", 1), ("channel_rep", "sales", None, 1)]  # type: ignore[comparison-overlap]
    judged: dict[str, object] = {
        "on": DAY, "about": "bob", "what": "appraisal", "reason": "half year", "period": "2026H2", "opinions": "good",
        "indicators": [{"name": "visits", "figure": "41", "score": "90"}],
    }  # fmt: skip
    company.add("staff_note", judged, department="east", origin=Origin(for_member="bob"))
    rows = json.loads(says(company, capsys, "report", "indicators", "--json"))["data"]["tables"]["judged"]["rows"]
    assert [(row["indicator"], row["figure"], row["judged"]) for row in rows] == [
        ("visits", "41", True),
        ("sales", None, False),
    ]
    with pytest.raises(Exception, match="correct"):
        lays_down(company, "indicators: {channel_rep: [visits]}\n")


@pytest.mark.req("R-AUD-19")
@pytest.mark.req("R-UPD-10")
@pytest.mark.req("R-UPD-12")
@pytest.mark.req("R-UPD-14")
@pytest.mark.req("R-UPD-16")
@pytest.mark.req("R-NEW-17")
@pytest.mark.req("R-ACL-18")
def test_one_base_for_all_departments_kept_fresh_full_and_whole(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer(name="Northern Works")
    draft = company.draft()
    draft.assign(customer, "west", "bob")
    draft.commit("assign", "customer")
    for pack in ("p02", "p14"):
        adopt(company.ledger(), pack)
    company.add(
        "transaction", {"date": "2026-05-20", "product": "Bed", "amount": "900"}, customer=customer, department="east"
    )
    assert "UPD012" not in due(company)
    update(company.ledger(), customer, {"phone": "13800138000"}, Origin())
    set_value(company.ledger(), "complete_start", "10")
    assert "UPD012" not in due(company)  # a tenth is filled in: the phone has a start
    set_value(company.ledger(), "complete_step", "30")
    assert "UPD012" in due(company)  # half a year later it ought to be more
    full = {"category": "dealer", "phone": "13800138000", "address": "1 Main St", "industry": "care", "size": "small"}
    update(company.ledger(), customer, dict(full), Origin())
    assert "UPD012" not in due(company)
    set_value(company.ledger(), "complete_volume", "100")  # with nine times so much business: all of it
    assert "UPD012" in due(company)

    rows = json.loads(says(company, capsys, "report", "customer-base", "--json"))["data"]["tables"]
    assert {(row["department"], row["customers"], row["latest"]) for row in rows["freshness"]["rows"]} == {
        ("east", 1, DAY), ("west", 1, DAY)
    }  # fmt: skip
    assert [(row["id"], row["department"], row["days"]) for row in rows["index"]["rows"]] == [
        (customer, "east", 0), (customer, "west", 0)
    ]  # fmt: skip

    with pytest.raises(InvalidInput) as caught:
        advance(company.ledger(), customer, "intending", {}, Origin(), department="east")
    assert caught.value.rule == "UPD011"
    why = Origin(reason="no answer since spring")
    advance(company.ledger(), customer, "intending", {}, why, department="east")
    assert "no answer since spring" in says(company, capsys, "log", customer)

    lent: dict[str, object] = {"item": "contract 7", "borrower": "alice", "right": "responsible", "permitted_by": None,
                               "out_on": DAY, "due_on": "2026-11-30", "condition_out": "good"}  # fmt: skip
    loan = company.add("loan", {**lent, "right": "permitted", "permitted_by": "carol"}, department="east").id
    for values, field in (({}, "back_on"), ({"back_on": DAY, "condition_back": "damaged"}, "note")):
        with pytest.raises(InvalidInput) as caught:
            advance(company.ledger(), loan, "returned", dict(values), Origin())
        assert field in [finding.field for finding in caught.value.findings]
    back = {"back_on": DAY, "condition_back": "damaged", "note": "a corner torn"}
    advance(company.ledger(), loan, "returned", dict(back), Origin())

    report: dict[str, object] = {"on": DAY, "what": "periodic", "text": "two plants visited", "needs": "softer beds"}
    company.add("staff_report", report)
    note: dict[str, object] = {"on": DAY, "topic": "competition", "text": "a rival sells cheaper"}
    company.add("market_note", note, department="east")
    page = json.loads(says(company, capsys, "report", "rep-report", "--member", "alice", "--json"))["data"]["tables"]
    assert [row["customer"] for row in page["development"]["rows"]] == ["Northern Works"]
    assert page["words"]["rows"][0]["needs"] == "softer beds"
    assert page["market"]["rows"][0]["text"] == "a rival sells cheaper"

    paths = git(company.clone("alice"), "ls-tree", "-r", "--name-only", "main").splitlines()
    assert {path.split("/")[0] for path in paths} >= {"customers", "offices", "org", "policy", "schemas"}
    assert [fault for fault in check(company.ledger()).findings if fault.severity == "error"] == []

    def told() -> dict[str, str]:
        return {
            f.code: f.severity
            for item in examine(company.clone("alice"), company.home, online=True)
            for f in item.findings
        }

    assert "error" not in told().values()
    assert "DOC043" in told()  # P02 wants keys under a passphrase
    assert "DOC042" not in told()
    git(company.clone("alice"), "remote", "set-url", "origin", "http://127.0.0.1:9/ledger.git")
    assert "DOC042" in told()


@pytest.mark.req("R-SAT-03")
def test_answers_to_a_questionnaire_come_in_from_a_sheet(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = company.customer(name="One"), company.customer(name="Two")
    wave: dict[str, object] = {"on": "2026-11-01", "what": "satisfaction", "questions": [{"item": "product"}]}
    asked = company.add("wave", {"on": wave["on"], "what": wave["what"]}, department="east").id
    sheet = tmp_path / "answers.csv"
    head = "customer,on,trigger,instrument,wave,overall,answers.0.item,answers.0.score,comments\n"
    rows = [f"{one},2026-11-10,periodic,questionnaire,{asked},satisfied,product,80,fine",
            f"{two},2026-11-11,periodic,phone,{asked},no_answer,,,",
            f"{two},2026-11-11,periodic,phone,{asked},delighted,,,"]  # fmt: skip
    sheet.write_text(head + "\n".join(rows) + "\n", "utf-8")
    assert invoke(["-C", str(company.clone("alice")), "import", "plan", str(sheet), "--kind", "survey"]) == 1
    said = capsys.readouterr()
    assert "FLD009" in said.out
    sheet.write_text(head + "\n".join(rows[:2]) + "\n", "utf-8")
    says(company, capsys, "import", "plan", str(sheet), "--kind", "survey")
    says(company, capsys, "import", "apply")
    found = json.loads(says(company, capsys, "list", "survey", "--columns", "overall,instrument,answers", "--json"))[
        "data"
    ]
    assert sorted((row["overall"], row["instrument"]) for row in found) == [
        ("no_answer", "phone"),
        ("satisfied", "questionnaire"),
    ]
    page = json.loads(says(company, capsys, "report", "satisfaction", "--period", "2026", "--json"))
    assert page["data"]["tables"]
