"""Edges of grading under P23: admitted on the last day, known to one department only, the last seat taken twice."""

from __future__ import annotations

from datetime import date

from crmctl.ledger.affairs.dealing import assign
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.grade_cap import overfull_grades
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import adopt, set_value
from tests.admitting import HOSPITAL, admit, admitted_hospitals
from tests.company import CARD, Company
from tests.prepared import prepared
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


def test_two_copies_that_each_take_the_last_seat_are_found_together(p23: Company) -> None:
    set_value(p23.ledger(), "vip_share", "50%")
    first, second = admitted_hospitals(p23, 2)
    p23.sync("alice", "carol")
    by_carol = {**VIP, "decided_by": "carol"}
    p23.add("grade", VIP, customer=first, department="east")
    waiting = p23.add("grade", by_carol, "carol", customer=second, department="east").id
    assert list(overfull_grades(p23.ledger())) == []
    p23.sync("alice")
    hand_in(p23, "carol")  # no head: a head has to say so
    assert approve_record(p23, waiting, "alice")
    assert [one.code for one in overfull_grades(p23.ledger())] == ["GRD021"]
