"""P23: who is VIP or preferred by what its admission found, how it did in a period, and the way down."""

from __future__ import annotations

from datetime import date

import pytest

from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import adopt, set_value
from tests.admitting import FOUND_GOOD, HOSPITAL, LICENCE, QUALITIES, admission
from tests.company import Company
from tests.requirements.proving import says

TODAY = date(2026, 11, 20)
VALUES = {"vip_beds": "200", "vip_volume": "100000", "preferred_beds": "100", "preferred_volume": "20000",
          "contract_required": "no", "vip_share": "100%", "preferred_share": "100%"}  # fmt: skip
LATE = {"on": "2026-11-10", "what": "late_payment", "by_whom": "customer", "text": "A month late"}


@pytest.fixture
def p23(company: Company) -> Company:
    """A company under P23 with its lost numbers set."""
    adopt(company.ledger(), "p23")
    for name, value in VALUES.items():
        set_value(company.ledger(), name, value)
    return company


def admitted(company: Company, name: str, without: str = "", score: str | None = None, **card: object) -> str:
    """A customer whose admission found all qualities but one; that one with so many points, or not judged."""
    customer = company.customer(**{**HOSPITAL, "name": name, **card})
    company.add("qualification", LICENCE, customer=customer, department="east")
    criteria: list[dict[str, object]] = [dict(item) for item in FOUND_GOOD]
    criteria += [dict(item) for item in QUALITIES if item["item"] != without]
    if score:
        criteria.append({"criterion": "V.2", "item": without, "score": score})
    company.add("admission", admission(criteria=criteria), customer=customer, department="east")
    return customer


@pytest.mark.req("R-GRD-18")
@pytest.mark.req("R-GRD-22")
@pytest.mark.req("R-GRD-23")
@pytest.mark.req("R-GRD-24")
def test_what_the_admission_found_makes_vip_and_preferred(p23: Company, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = {
        admitted(p23, "All"): "vip",
        admitted(p23, "Not stable", "stability", "10"): None,  # points alone say nothing while the company set none
        admitted(p23, "Class 3C", hospital_class="third_c", specialised=False): "preferred",
        admitted(p23, "Beds", hospital_class="second_c", specialised=True, beds=200): "vip",
        admitted(p23, "General beds", hospital_class="second_c", specialised=False, beds=900): "preferred",
        admitted(p23, "No need known", hospital_class="third_c", specialised=False, yearly_need=None): None,
        admitted(p23, "Weak", "strength", "40", hospital_class="third_c", specialised=False): None,
    }
    assert {p.id: p.decision.grade for p in run(p23.ledger(), "east", TODAY).proposals} == wanted
    weak = [*wanted][-1]
    told = says(p23, capsys, "grade", "explain", weak)
    assert "P23:V.2.3.b" in told
    assert "preferred_strength = 2" in told
    set_value(p23.ledger(), "criterion_points", "60")
    again = {p.id: p.decision.grade for p in run(p23.ledger(), "east", TODAY).proposals}
    assert (again[weak], again[[*wanted][1]]) == ("qualified", "preferred")  # found too weak; not stable, and no VIP


@pytest.mark.req("R-RGD-01")
@pytest.mark.req("R-RGD-07")
def test_a_bad_period_is_reviewed_and_who_falls_waits_for_a_decision(
    p23: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = admitted(p23, "Class 3C", hospital_class="third_c", specialised=False)
    held = {
        "grade": "preferred",
        "on": "2026-03-01",
        "state": "approved",
        "decided_by": "alice",
        "decided_on": "2026-03-01",
    }
    p23.add("grade", held, customer=customer, department="east")

    def due(code: str, day: date = TODAY) -> list[tuple[str, str | None]]:
        ledger = p23.ledger()
        found = agenda(ledger, own(ledger), day).items
        return [(item.told, item.due.isoformat() if item.due else None) for item in found if item.code == code]

    assert due("RGD009") == []
    p23.add("breach", LATE, customer=customer, department="east")
    assert due("RGD009") == [("A month late", None)]
    for period, conduct in (("2026H2", "Poor"), ("2026H1", "Good")):
        told = says(p23, capsys, "grade", "explain", customer, "--axis", "conduct", "--period", period)
        assert f"Conduct in the period: {conduct}" in told
        assert "P23:V.3.1" in told
    assert file_run(p23.ledger(), run(p23.ledger(), "east", TODAY))[1] == 1
    assert due("RGD008") == [("", None)]  # the text gives no days for preferred customers
    set_value(p23.ledger(), "demote_preferred_within", "10 days")
    assert due("RGD008", date(2026, 11, 25)) == [("", "2026-11-30")]
    assert due("RGD009", date(2027, 6, 1)) == []  # another half year
