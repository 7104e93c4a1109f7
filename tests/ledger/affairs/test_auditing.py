"""Audits: a sample anybody can draw again, findings record by record, the next date."""

from __future__ import annotations

import re
from datetime import date

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import BadConfiguration, InvalidInput, NotFound, Refused, UsageError
from crmctl.ledger.affairs import auditing
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.due import agenda, own
from crmctl.ledger.setup.policy_files import set_value
from tests.company import Company

COMPLAINT = {
    "content": "late", "category": "delivery", "channel": "phone", "received_at": "2026-11-20T09:30:00+08:00",
}  # fmt: skip


def customers(company: Company, count: int) -> list[str]:
    return [company.customer("alice", name=f"Hospital {n}", phone=f"0571-888800{n:02d}") for n in range(count)]


def items_of(company: Company, audit: str) -> list[dict[str, object]]:
    ledger = company.ledger()
    items = ledger.read(lookup.record(ledger, audit).path).data["items"]
    assert isinstance(items, list)
    return [dict(item) for item in items if isinstance(item, dict)]


def test_a_seed_draws_the_same_again_and_another_draws_others(company: Company) -> None:
    ids = customers(company, 8)
    ledger = company.ledger()
    first = auditing.draw(ledger, "customer", "east", 3, "q4")
    assert auditing.draw(ledger, "customer", "east", 3, "q4") == first
    assert first.existing == 8
    assert {one for one, _path in first.records} < set(ids)
    longer = auditing.draw(ledger, "customer", "east", 5, "q4")
    assert longer.records[:3] == first.records
    others = {auditing.draw(ledger, "customer", "east", 3, f"seed {n}").records for n in range(60)}
    assert len(others) > 1
    assert {one for sample in others for one, _path in sample} == set(ids)  # nobody is out of its reach


def test_who_draws_need_not_open_what_is_drawn(company: Company) -> None:
    customers(company, 3)
    company.sync("alice", "carol", "bob")
    bob = company.ledger("bob")
    assert auditing.draw(bob, "customer", "east", 2, "q4").records == (
        auditing.draw(company.ledger(), "customer", "east", 2, "q4").records
    )
    with pytest.raises(Refused) as caught:
        auditing.run(bob, "customer", 2, department="east")
    assert caught.value.rule == "AUD003"


@pytest.mark.req("R-AUD-01")
def test_an_audit_from_the_sample_to_the_next_date(company: Company) -> None:
    ids = customers(company, 4)
    begun = auditing.run(company.ledger(), "customer", 3, department="east", seed="q4")
    drawn = [one for one, _path in begun.drawn.records]
    assert [item["record"] for item in items_of(company, begun.id)] == drawn
    with pytest.raises(InvalidInput) as caught:
        auditing.finish(company.ledger(), begun.id, {"findings": "none"})
    assert [finding.code for finding in caught.value.findings] == ["AUD004"]
    fault = {"result": "fault", "about": "accuracy", "text": "phone dead", "who": "carol", "settle_by": "2026-11-24"}
    auditing.note(company.ledger(), begun.id, drawn[0], fault)
    auditing.note(company.ledger(), begun.id, auditing.REST, {"result": "ok"})
    assert [item["result"] for item in items_of(company, begun.id)] == ["fault", "ok", "ok"]
    auditing.finish(company.ledger(), begun.id, {"findings": "one phone"})
    only = auditing.audits(company.ledger())[0]
    assert (only.sampled, only.judged, only.faults, only.open) == (3, 3, 1, 1)
    assert (only.next_on, only.late) == ("2027-02-20", False)
    company.sync("alice", "carol")
    carol = company.ledger("carol")
    assert [(item.code, item.late) for item in agenda(carol, own(carol), date(2026, 11, 26)).items] == [
        ("AUD002", True)
    ]
    auditing.note(company.ledger(), begun.id, drawn[0], {"settled_on": "2026-11-23"})
    codes = [item.code for item in agenda(company.ledger(), own(company.ledger()), date(2027, 2, 21)).items]
    assert "AUD001" in codes
    assert "AUD002" not in codes
    again = auditing.run(company.ledger(), "customer", 1, department="east")
    codes = [item.code for item in agenda(company.ledger(), own(company.ledger()), date(2027, 2, 21)).items]
    assert "AUD001" not in codes  # a newer audit of the same kind is under way
    outsider = next(one for one in ids if one not in drawn)
    with pytest.raises(NotFound):
        auditing.note(company.ledger(), begun.id, outsider, {"result": "ok"})
    assert again.id != begun.id


@pytest.mark.req("R-AUD-02")
def test_quality_management_audits_complaints_and_each_round_is_due(company: Company) -> None:
    customer = company.customer()
    made = [company.add("complaint", COMPLAINT, customer=customer).id for _ in range(2)]
    set_value(company.ledger(), "complaint_audit_months", "11")
    from crmctl.rules.due_parts import Whose

    wanted = Whose(frozenset(), frozenset({"east"}))
    assert "AUD006" in [item.code for item in agenda(company.ledger(), wanted, date(2026, 11, 25)).items]
    begun = auditing.run(company.ledger(), "complaint", 20, department="east")
    assert {one for one, _path in begun.drawn.records} == set(made)
    auditing.note(
        company.ledger(), begun.id, auditing.REST, {"result": "fault", "about": "handling", "text": "no answer"}
    )
    auditing.finish(company.ledger(), begun.id, {"findings": "slow"}, next_on=date(2027, 1, 10))
    assert auditing.audits(company.ledger())[0].next_on == "2027-01-10"
    assert "AUD006" not in [item.code for item in agenda(company.ledger(), wanted, date(2026, 11, 25)).items]


def test_the_sample_is_proved_later_and_a_chosen_one_is_told(company: Company) -> None:
    customers(company, 6)
    begun = auditing.run(company.ledger(), "customer", 2, department="east", seed="q4")
    customers(company, 1)  # what comes later changes nothing
    again, differs = auditing.drawn_again(company.ledger(), begun.id)
    assert (differs, again.records) == ([], begun.drawn.records)
    chosen = [item["record"] for item in items_of(company, begun.id)]
    everything = auditing.draw(company.ledger(), "customer", "east", 6, "q4").records
    friendly = next(one for one, _path in everything if one not in chosen)
    from crmctl.ledger.changing.draft import HERE_AND_NOW
    from crmctl.ledger.changing.entry import update

    update(company.ledger(), begun.id, {"items": [{"record": chosen[0]}, {"record": friendly}]}, HERE_AND_NOW)
    _again, differs = auditing.drawn_again(company.ledger(), begun.id)
    assert set(differs) == {chosen[1], friendly}


def test_what_cannot_be_drawn_says_so(company: Company) -> None:
    company.customer()
    with pytest.raises(UsageError):
        auditing.draw(company.ledger(), "transaction", "east", 3, "s")
    with pytest.raises(NotFound):
        auditing.run(company.ledger(), "complaint", 3, department="east")
    with pytest.raises(NotFound):
        auditing.draw(company.ledger(), "customer", "south", 3, "s")
    set_value(company.ledger(), "audit_every", "soon")
    with pytest.raises(BadConfiguration):
        auditing.next_day(company.ledger(), date(2026, 1, 31))


def test_the_commands_as_typed(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    customers(company, 3)
    here = ["-C", str(company.clone("alice")), "audit"]
    assert invoke([*here, "list"]) == 0
    assert "No audit yet" in capsys.readouterr().out
    assert invoke([*here, "run", "--sample", "2", "--department", "east", "--dry-run"]) == 0
    assert auditing.audits(company.ledger()) == []
    capsys.readouterr()
    assert invoke([*here, "run", "--sample", "2", "--department", "east"]) == 0
    printed = capsys.readouterr()
    assert "drawn by seed" in printed.err  # the seed is told, so that it can be drawn again
    audit = re.findall("AU-[0-9A-Z]+", printed.out)[0]
    with pytest.raises(UsageError):
        invoke([*here, "finding", audit, "rest"])
    assert invoke([*here, "finding", audit, "rest", "ok"]) == 0
    assert invoke([*here, "finish", audit, "--findings", "clean", "--next", "2026-12-24"]) == 0
    assert invoke([*here, "prove", audit]) == 0
    assert invoke([*here, "list"]) == 0
    assert "2/2" in capsys.readouterr().out
