"""The policy's guards stand before every change, and `check` finds what came in around them (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crmctl.errors import BadConfiguration, Refused
from crmctl.ledger.changing.draft import Kept, Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from tests.company import Company
from tests.requirements.proving import lays_down

CONTRACT_FIRST = """
facts:
  active_contract:
    is: bool
    empty: "no"
    sql: |
      SELECT c.dossier AS id, 1 AS value FROM contract c
      WHERE c.department = :department AND c.state = 'signed' AND c.valid_from <= :as_of
guards:
  - {code: OWN001, on: [add transaction, change transaction], when: 'amount > 100', if: active_contract = yes, at: date,
     clause: "P99:1", text: [先签合同再交易, No trade without a contract]}
"""
TRADE: dict[str, object] = {"date": "2026-11-20", "product": "Bed", "amount": "500"}
SIGNED: dict[str, object] = {
    "subject": "Beds", "state": "signed", "number": "1", "signed_on": "2026-11-10", "valid_from": "2026-11-10",
}  # fmt: skip


def codes(company: Company, member: str = "alice") -> list[str]:
    return [finding.code for finding in check(company.ledger(member)).findings]


def test_a_record_the_policy_forbids_is_refused_with_its_rule(company: Company) -> None:
    lays_down(company, CONTRACT_FIRST)
    customer = company.customer()
    before = company.ledger().head
    with pytest.raises(Refused) as caught:
        company.add("transaction", TRADE, customer=customer)
    assert (caught.value.rule, caught.value.hint) == ("OWN001", "crmctl why OWN001")
    assert "No trade without a contract" in caught.value.what
    assert company.ledger().head == before
    company.add("contract", SIGNED, customer=customer)
    assert company.add("transaction", TRADE, customer=customer).findings == ()


def test_it_looks_at_the_day_of_the_record_and_at_those_it_means(company: Company) -> None:
    lays_down(company, CONTRACT_FIRST)
    customer = company.customer()
    company.add("contract", SIGNED, customer=customer)
    with pytest.raises(Refused):
        company.add("transaction", {**TRADE, "date": "2026-11-09"}, customer=customer)
    small = company.add("transaction", {**TRADE, "date": "2026-11-09", "amount": "100"}, customer=customer).id
    with pytest.raises(Refused):
        update(company.ledger(), small, {"amount": "101"}, Origin())
    assert update(company.ledger(), small, {"product": "Chair"}, Origin()).findings == ()


def test_what_the_same_change_brings_counts(company: Company) -> None:
    lays_down(company, CONTRACT_FIRST)
    customer = company.customer()
    draft = company.draft()
    draft.new_record(draft.kind("contract"), customer, "east", SIGNED)
    draft.new_record(draft.kind("transaction"), customer, "east", TRADE)
    draft.new_record(draft.kind("transaction"), customer, "east", {**TRADE, "date": "2026-11-21"})
    draft.commit("add")
    assert codes(company) == []


def test_check_finds_what_was_there_before_the_guard(company: Company) -> None:
    customer = company.customer()
    trade = company.add("transaction", TRADE, customer=customer).id
    company.add("transaction", {**TRADE, "amount": "10"}, customer=customer)
    assert codes(company) == []
    lays_down(company, CONTRACT_FIRST)
    found = check(company.ledger()).findings
    assert [(f.code, f.severity, f.where.rpartition("#")[2]) for f in found] == [("OWN001", "error", trade)]
    assert codes(company) == ["OWN001"]  # from what was kept
    company.add("contract", SIGNED, customer=customer)
    assert codes(company) == []


STEPS = """
guards:
  - {code: OWN003, on: change opportunity, was: 'state in [lost]', text: [已丢单的不再改, What is lost stays as it is]}
  - {code: OWN004, on: change opportunity, changes: [amount], was: 'state in [need]', text: [金额不得改, The amount stays]}
"""


def test_a_guard_can_look_at_what_a_change_changes(company: Company) -> None:
    customer = company.customer()
    chance = company.add("opportunity", {"subject": "Beds"}, customer=customer, department="east").id
    lays_down(company, STEPS)
    update(company.ledger(), chance, {"subject": "Beds and chairs"}, Origin())
    with pytest.raises(Refused) as caught:
        update(company.ledger(), chance, {"amount": "100"}, Origin())
    assert caught.value.rule == "OWN004"
    advance(company.ledger(), chance, "lost", {"lost_reason": "price"}, Origin())
    before = company.ledger().head
    for values in ({"subject": "Tables"}, {"lost_reason": "other"}):
        with pytest.raises(Refused) as caught:
            update(company.ledger(), chance, values, Origin())
        assert caught.value.rule == "OWN003"
    assert company.ledger().head == before
    assert codes(company) == []
    lays_down(
        company, STEPS.replace("OWN003, on: change opportunity", "OWN003, on: change opportunity, only: 'intake = no'")
    )
    update(company.ledger(), chance, {"subject": "Tables"}, Origin())  # around the guard
    lays_down(company, STEPS)
    assert codes(company) == ["OWN003"]


LOOK_BACK = """
facts:
  traded_before:
    is: bool
    empty: "no"
    sql: |
      SELECT t.dossier AS id, 1 AS value FROM txn t WHERE t.date < :as_of AND t.date >= earlier(:as_of, '3 years')
guards:
  - {code: OWN002, on: add opportunity, if: traded_before = no, unknown: %s, text: [已有往来, Has traded already]}
"""


@pytest.mark.parametrize(("unknown", "outcome"), [("warn", "warning"), ("pass", None), ("refuse", "error")])
def test_what_cannot_be_told_is_not_taken_for_a_no(company: Company, unknown: str, outcome: str | None) -> None:
    lays_down(company, LOOK_BACK % unknown)
    customer = company.customer()
    company.add("transaction", {**TRADE, "date": "2026-11-19"}, customer=customer)
    with pytest.raises(Refused):
        company.add("opportunity", {"subject": "Beds"}, customer=customer, department="east")
    draft = company.draft()
    draft.assign(customer, "west", "bob")
    draft.commit("assign")
    company.sync("alice", "bob")
    if outcome == "error":
        with pytest.raises(Refused):
            company.add("opportunity", {"subject": "Beds"}, "bob", customer=customer, department="west")
        return
    found = company.add("opportunity", {"subject": "Beds"}, "bob", customer=customer, department="west").findings
    assert [finding.severity for finding in found] == ([outcome] if outcome else [])
    company.sync("bob", "alice")
    assert codes(company) == ["OWN002"]  # who sees all finds it
    assert codes(company, "bob") == []


def test_faults_of_guards_are_told_with_their_line(company: Company) -> None:
    wrong = [
        ("on: add transakt", "POL004", "There is no kind"),
        ("when: 'amont > 1'", "POL004", "has no field"),
        ("if: activ_contract = yes", "POL002", "did you mean active_contract"),
        ("whn: x = 1", "POL001", "did you mean when"),
        ("turn: {to: gone}", "POL004", "has no state"),
    ]
    for text, code, said in wrong:
        item = {"code": "OWN001", "on": "add transaction", "if": "active_contract = yes", "text": "[先签, First]"}
        key, _colon, value = text.partition(": ")
        inside = ", ".join(f"{name}: {given}" for name, given in {**item, key: value}.items())
        with pytest.raises(BadConfiguration) as caught:
            lays_down(company, CONTRACT_FIRST.partition("guards:")[0] + f"guards:\n  - {{{inside}}}\n")
        finding = caught.value.findings[0]
        assert finding.code == code, text
        assert said in finding.message.format(**finding.args) + finding.hint, text
        assert finding.where.endswith(":14"), finding


@pytest.mark.parametrize(
    ("sql", "code", "said"),
    [("SELECT dossier AS id, nowhere AS value FROM contract", "POL036", "no such column"),
     ("SELECT b.customer AS id, 1 AS value FROM blacklist_entry b", "POL017", "own records only"),
     ("SELECT id, date('now') AS value FROM contract", "POL036", "clock")],
)  # fmt: skip
def test_a_fact_of_a_guard_runs_and_reads_the_dossier_only(company: Company, sql: str, code: str, said: str) -> None:
    text = f'facts:\n  odd: {{is: bool, sql: "{sql}"}}\nguards:\n'
    text += "  - {code: OWN001, on: add transaction, if: odd = yes, text: [先签, First]}\n"
    with pytest.raises(BadConfiguration) as caught:
        lays_down(company, text)
    assert [f.code for f in caught.value.findings] == [code]
    assert said in caught.value.findings[0].message.format(**caught.value.findings[0].args)


TURNED = """
facts:
  soon_enough:
    is: bool
    sql: |
      SELECT n.id, n.submitted_on <= later(n.first_trade_on, '1 month') AS value FROM newcust_application n
      WHERE n.id = :record
guards:
  - {code: OWN004, on: [add newcust_application, change newcust_application], when: 'state in [submitted]',
     if: soon_enough = yes, turn: {to: refused_late, set: {refusal_reason: [迟交, Handed in late]}}, text: [迟交, Late]}
"""
FORM: dict[str, object] = {
    "customer_name": "Northern Hospital", "first_trade_on": "2026-01-31", "developer": "alice", "history": "x",
    "evaluation": {"contribution": "y"}, "support": [{"need": "z"}],
}  # fmt: skip


@pytest.mark.parametrize(("handed_in", "state"), [("2026-02-28", "submitted"), ("2026-03-01", "refused_late")])
def test_a_guard_can_turn_a_record_to_another_state(
    company: Company, kept: Callable[..., Kept], handed_in: str, state: str
) -> None:
    lays_down(company, TURNED)
    form = kept("newcust_application", company.customer(), FORM)
    done = advance(company.ledger(), form.id, "submitted", {"submitted_on": handed_in}, Origin())
    data = company.ledger().read(form.path).data
    late = state == "refused_late"
    assert data["state"] == state
    assert data.get("refusal_reason") == ("Handed in late" if late else None)  # in the ledger's own language
    assert [(f.code, f.severity) for f in done.findings] == ([("OWN004", "warning")] if late else [])
    assert codes(company) == []
