"""What the grades of P08, P11, P14, P17, P20 and P21 ask of people: seen in due, show, explain and check."""

from __future__ import annotations

import json
from datetime import date

import pytest

from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.checking.check import check
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.rules.due import Due
from tests.company import Company
from tests.requirements.proving import says

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
    ledger = company.ledger()
    rows = json.loads(_listed(company))
    for row in rows:
        if row["state"] == "proposed":
            advance(company.ledger(), row["id"], "approved", {**DECIDED, "grade": row["grade"]}, Origin())
    assert ledger is not None


def _listed(company: Company) -> str:
    from crmctl.ledger.reading.listing import list_kind

    return json.dumps(list_kind(company.ledger(), "grade", None, ["id", "state", "grade"], 0).documents())


def due(company: Company, code: str, day: date = TODAY) -> list[Due]:
    ledger = company.ledger()
    return [item for item in agenda(ledger, own(ledger), day).items if item.code == code]


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
