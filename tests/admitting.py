"""Customers that pass the admission of pack p23: licensed, checked, found good, decided."""

from __future__ import annotations

from tests.company import CARD, Company

CLEAN = {"background_check": {"by": "alice", "on": "2026-01-15", "result": "clean"}, "intention": "high"}
HOSPITAL = {"category": "hospital", "hospital_class": "third_a", "partnership_wish": "2026-01-01",
            "yearly_need": "50000", **CLEAN}  # fmt: skip
LICENCE = {"what": "medical_institution", "number": "PDY-1", "valid_from": "2020-01-01", "valid_to": "2032-12-31"}
FOUND_GOOD = [
    {"criterion": "V.1.2", "item": item, "holds": True, "note": "seen on site", **scored}
    for item, scored in (("good_name", {"weight": "100", "score": "95"}), ("lawful", {}), ("cooperation", {}))
]
# What VIP and preferred ask for besides (V.2.2.a, V.2.3.a to c).
QUALITIES = [
    {"criterion": "V.2", "item": item, "holds": True, "note": "seen on site"}
    for item in ("results", "reputation", "stability", "loyalty", "fame", "no_risk", "operation", "strength",
                 "yearly_need")
]  # fmt: skip


def admission(on: str = "2026-02-01", total: str = "95", **more: object) -> dict[str, object]:
    """The fields of an admission that passed, with the points its one weighted item got."""
    found = [{**FOUND_GOOD[0], "score": total}, *FOUND_GOOD[1:]]
    return {
        "on": on, "by": "alice", "criteria": [*found, *QUALITIES], "state": "admitted",
        "proposed_grade": "qualified", "background_done": True, "decided_by": "alice", "decided_on": on, **more,
    }  # fmt: skip


def admit(company: Company, customer: str, on: str, total: str = "95") -> str:
    """License and admit one customer of east; the admission's id."""
    company.add("qualification", LICENCE, customer=customer, department="east")
    return company.add("admission", admission(on, total), customer=customer, department="east").id


def admitted_hospitals(company: Company, count: int, **card: object) -> list[str]:
    """So many admitted hospitals of class 3A with falling scores, in one draft a step."""
    draft = company.draft()
    ids = [
        draft.new_customer({**CARD, **HOSPITAL, **card, "name": f"Hospital {n}"}, "east", "alice").id
        for n in range(count)
    ]
    draft.commit("add", "customer")
    draft = company.draft()
    for dossier in ids:
        draft.new_record(draft.kind("qualification"), dossier, "east", LICENCE)
    draft.commit("add", "qualification")
    draft = company.draft()
    for number, dossier in enumerate(ids):
        draft.new_record(draft.kind("admission"), dossier, "east", admission(total=str(95 - number)))
    draft.commit("add", "admission")
    return ids
