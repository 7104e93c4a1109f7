"""What the grades of P08, P11, P14, P17, P20 and P21 ask of people: seen in due, show, explain and check."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crmctl.cli.boundary import main
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading.due import agenda
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.rules.due_parts import Due, Whose
from tests.company import Company
from tests.requirements.proving import lays_down, says

EAST = Whose(departments=frozenset({"east"}))
TODAY = date(2026, 11, 20)
DECIDED = {"decided_by": "alice", "decided_on": "2026-11-20"}
SALE = {"date": "2026-11-01", "product": "Crutch", "amount": "150000"}


def take(company: Company, *packs: str, **values: str) -> None:
    for pack in packs:
        adopt(company.ledger(), pack)
    for name, value in values.items():
        set_value(company.ledger(), name, value)


def grade(company: Company, *axes: str) -> None:
    """Put grades forward on these axes and approve all of them."""
    for axis in axes:
        file_run(company.ledger(), run(company.ledger(), "east", TODAY, axis=axis))
    rows = json.loads(_listed(company))
    for row in rows:
        if row["state"] == "proposed":
            advance(company.ledger(), row["id"], "approved", {**DECIDED, "grade": row["grade"]}, Origin())


def _listed(company: Company) -> str:
    from crmctl.ledger.reading.listing import list_kind

    return json.dumps(list_kind(company.ledger(), "grade", None, ["id", "state", "grade"], 0).documents())


def due(company: Company, code: str, day: date = TODAY) -> list[Due]:
    ledger = company.ledger()
    return [item for item in agenda(ledger, EAST, day).items if item.code == code]


@pytest.mark.req("R-GRD-05")
@pytest.mark.req("R-GRD-06")
@pytest.mark.req("R-GRD-07")
def test_what_a_file_holds_follows_progress_nature_and_position(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    take(company, "base", "p14", new_days="180", main_share="20%", general_share="5%")
    customer = company.customer(nature="government", phone="13800138000")
    assert [item.told for item in due(company, "GRD005")] == ["Industry, Needs"]  # material of those to come
    assert [item.told for item in due(company, "GRD006")] == ["Contacts, Needs, Yearly need, Contract"]
    assert due(company, "GRD007") == []  # not graded yet
    company.add("transaction", SALE, customer=customer)
    grade(company, "position")
    assert [item.told for item in due(company, "GRD005")] == ["Address, Contacts, Creditworthiness, Trading terms"]
    main = due(company, "GRD007")[0].told.split(", ")
    assert len(main) > 10
    told = says(company, capsys, "show", customer)
    assert "East, Nature" in told
    assert "To complete (Trade progress): Address, Contacts, Creditworthiness, Trading terms" in told
    set_value(company.ledger(), "filing_within", "10 days")
    assert [item.due for item in due(company, "GRD005", date(2026, 11, 28))] == [date(2026, 11, 30)]


@pytest.mark.req("R-GRD-16")
@pytest.mark.req("R-GRD-33")
@pytest.mark.req("R-GRD-34")
def test_grades_name_who_manages_and_measures_come_round(company: Company) -> None:
    take(company, "base", "p21", "p11", care_key="1 month")
    customer = company.customer(importance="high", intention="high")
    assert due(company, "GRD016") == []
    grade(company, "importance")
    (item,) = due(company, "GRD016")
    assert (item.who, item.told, item.department) == (("alice",), "Account manager", "east")
    assert [f.code for f in check(company.ledger()).findings] == ["GRD016"]
    company.add("store", {"name": "Shop", "class": "c1", "address": "Main road 1"}, customer=customer)
    assert [item.told for item in due(company, "GRD034")] == ["Special-channel specialist"]
    assert [item.told for item in due(company, "GRD045")] == ["Contacts, Development plan"]
    care = due(company, "GRD056", date(2026, 12, 20))
    assert [(one.due, one.since) for one in care] == [(date(2026, 12, 20), TODAY)]
    company.add("care_action", {"on": "2026-12-10", "what": "greeting"}, customer=customer)
    assert due(company, "GRD056", date(2026, 12, 20)) == []
    assert [one.due for one in due(company, "GRD056", date(2027, 1, 5))] == [date(2027, 1, 10)]


@pytest.mark.req("R-GRD-03")
def test_clients_of_class_a_stand_first_in_the_list(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    take(company, "base", "p08", follow_a="10 days", follow_b="10 days", follow_c="10 days")
    wants = {"a": ("high", "strong", "now"), "b": ("medium", "ordinary", "year"), "c": ("low", "weak", "year")}
    ids = {}
    for name, (intention, power, urgency) in reversed(wants.items()):
        ids[name] = company.customer(name=f"Client {name}", intention=intention, power=power, urgency=urgency)
    grade(company, "client")
    items = due(company, "VIS012", date(2026, 12, 5))
    assert [item.id for item in items] == [ids["a"], ids["b"], ids["c"]]
    assert [item.standing for item in items] == ["a", "b", ""]
    told = says(company, capsys, "grade", "explain", ids["b"], "--axis", "client")
    assert "urgency >= quarter" in told
    assert "P08:2" in told
    listed = json.loads(says(company, capsys, "list", "customer", "--class", "client=a", "--json"))["data"]
    assert [row["id"] for row in listed] == [ids["a"]]


@pytest.mark.req("R-GRD-15")
@pytest.mark.req("R-GRD-37")
def test_problem_customers_and_changed_values_ask_for_measures(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    take(company, "base", "p20", strategic_volume="500000", important_volume="100000", high_potential="80",
         problem_complaints="2", problem_purchases="2", problem_volume="1000")  # fmt: skip
    customer = company.customer(potential="90")
    advance(company.ledger(), customer, "closed", {}, Origin())
    company.add("transaction", SALE, customer=customer)
    assert main(["-C", str(company.clone("alice")), "cron", "--only", "behaviour grades", "--department", "east"]) == 0
    grade(company, "behaviour", "value")
    (problem,) = due(company, "GRD015")
    assert problem.who == ("alice",)
    assert "purchases_12m < $problem_purchases (1)" in problem.told
    assert [item.dossier for item in due(company, "GRD046")] == [customer]
    told = {"measures": "Visited and asked", "measured_on": "2026-11-20"}
    update(company.ledger(), problem.id, told, Origin())
    assert due(company, "GRD015") == []
    (strategy,) = due(company, "GRD046")
    update(company.ledger(), strategy.id, {"strategy": "Key account", "strategy_on": "2026-11-20"}, Origin())
    assert due(company, "GRD046") == []
    company.add("transaction", {**SALE, "date": "2026-11-19", "amount": "400000"}, customer=customer)
    grade(company, "behaviour", "value")
    assert due(company, "GRD015") == []
    assert len(due(company, "GRD046")) == 1  # strategic now: another strategy


@pytest.mark.req("R-GRD-08")
@pytest.mark.req("R-GRD-12")
@pytest.mark.req("R-GRD-14")
def test_customers_are_found_by_type_and_the_classification_tells_all_four(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    lays_down(
        company,
        """segments:
  - {name: clinics, label: [华东小型诊所, Small clinics], if: ['industry in [Health]', 'size in [micro, small]', 'region in [31]'],
     measures: [[代理商推广, Promoted by dealers]], clause: P20:1.2}
""",
    )
    here = company.customer(industry="Health", size="small", region="310115", nature="ordinary", route_seq=2)
    company.customer(name="Far", industry="Health", size="small", region="110105", nature="partner", route_seq=1)
    company.add("transaction", SALE, customer=here)

    def listed(*words: str) -> list[str]:
        rows = json.loads(says(company, capsys, "list", "customer", *words, "--json"))["data"]
        return [row["id"] for row in rows]

    assert len(listed("--industry", "Health")) == 2
    assert listed("--industry", "Health", "--size", "小型", "--region", "31") == [here]
    assert listed("--segment", "clinics") == [here]
    assert "Small clinics: Promoted by dealers" in says(company, capsys, "show", here)
    assert main(["-C", str(company.clone("alice")), "list", "--segment", "none"]) == 4
    found = json.loads(says(company, capsys, "report", "classification", "--department", "east", "--json"))["data"]
    rows = found["tables"]["customers"]["rows"]
    assert [(row["nature"], row["route_seq"]) for row in rows] == [("partner", 1), ("ordinary", 2)]
    assert float(rows[1]["share"]) == 100
