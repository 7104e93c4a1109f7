"""A kind's `unique:` mark is kept wherever a record is made or changed."""

from __future__ import annotations

import pytest

from crmctl.errors import Refused
from crmctl.ledger.changing.draft import Draft, Origin
from tests.company import VISIT, Company

SHEET = {"on": "2026-11-25"}


def sheet(draft: Draft, department: str = "east", **values: str) -> str:
    return draft.new_record(draft.kind("day_plan"), f"office/{department}", department, {**SHEET, **values}).id


@pytest.mark.req("R-REC-23")
def test_a_second_sheet_of_the_same_day_is_refused_and_the_first_one_named(company: Company) -> None:
    draft = company.draft()
    first = sheet(draft)
    draft.commit("add", "day_plan")
    with pytest.raises(Refused) as refused:
        sheet(company.draft())
    assert (refused.value.where, refused.value.rule) == (first, "REC011")
    assert "2026-11-25" in refused.value.what


def test_within_one_draft_too(company: Company) -> None:
    draft = company.draft()
    sheet(draft)
    with pytest.raises(Refused):
        sheet(draft)


def test_another_day_and_another_member_s_sheet_are_fine(company: Company) -> None:
    draft = company.draft()
    sheet(draft)
    sheet(draft, on="2026-11-26")
    kind = draft.kind("day_plan")
    draft.new_record(kind, "office/west", "west", SHEET, Origin(for_member="bob"))
    draft.commit("add")
    assert len(draft.written()) == 3


def test_a_sheet_cannot_be_moved_onto_another_s_day_but_may_keep_its_own(company: Company) -> None:
    draft = company.draft()
    sheet(draft)
    sheet(draft, on="2026-11-26")
    first, second = (kept.path for kept in draft.written())
    draft.commit("add")
    again = company.draft()
    with pytest.raises(Refused):
        again.new_version(second, SHEET)
    assert again.new_version(first, {"note": "rain"}) is not None


def test_kinds_without_the_mark_may_repeat(company: Company) -> None:
    customer = company.customer()
    first = company.add("visit", dict(VISIT), customer=customer).id
    assert company.add("visit", dict(VISIT), customer=customer).id != first
