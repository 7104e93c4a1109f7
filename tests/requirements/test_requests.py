"""Requests from start to effect: asked for, approved by whom the policies name, in force, ended by themselves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from crmctl.errors import GitFailed, InvalidInput, NoKey, NotFound, Refused, TrustBroken
from crmctl.ledger.affairs.dealing import assign
from crmctl.ledger.affairs.requesting import request
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.remote import push
from crmctl.ledger.meeting.destroying import destroy, tombstones
from crmctl.ledger.meeting.landing import land
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.outbox import lines_of
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.listing import query
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.ledger.waiting.bundle import give_slot
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.model.clear_files import encode_dossier
from crmctl.model.org import Role
from crmctl.model.tombstone import Tombstone
from crmctl.review.inbox import inbox
from crmctl.review.notes import notes_to
from crmctl.review.refusing import refuse
from crmctl.trust.gate import Gate
from crmctl.trust.review import judged
from tests.attacks.forgery import Forger, codes
from tests.company import VISIT, Company, git
from tests.prepared import prepared
from tests.program import run, setting
from tests.requirements.proving import DAY, says
from tests.under_review import ask_review

ASKED: dict[str, object] = {"what": "contacts", "why": "joint bid", "until": "2027-06-30"}


def adopted(company: Company, *packs: str) -> None:
    for pack in packs:
        adopt(company.ledger(), pack)
    company.sync("alice", "bob", "carol")


def slot(company: Company, member: str, whose: str, said: str) -> str:
    """A member gives one approval of what somebody handed in last, and brings it to the others."""
    company.sync(member)
    ledger = company.ledger(member)
    one = submitted(ledger.repo, whose)[-1]
    act, role, department = said.split(" ")
    top = give_slot(ledger, one.tip, act, role, None if department == "-" else department)
    assert push(ledger.repo, [f"{top}:{one.ref}"]).result == "done"
    return top


def opens(company: Company, member: str, customer: str) -> bool:
    ledger = company.ledger(member)
    try:
        ledger.read(lookup.record(ledger, customer).path)
    except NoKey:
        return False
    return True


@prepared
def reading(company: Company) -> Company:
    """P02 in force; bob sells in the west and knows of a customer of the east only its number."""
    adopt(company.ledger(), "p02")
    set_value(company.ledger(), "dormant_after", "90")
    company.sync("alice", "bob", "carol")
    return company


@pytest.mark.req("R-REV-17")
@pytest.mark.req("R-REV-04")
@pytest.mark.req("R-ACL-02")
def test_reading_is_applied_for_approved_by_the_head_and_ends_by_itself(
    reading: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = reading.customer()
    reading.sync("alice", "bob", "carol")
    asked = request(reading.ledger("bob"), "access_request", customer, ASKED)
    assert asked.readers == ("bob",)
    submit(reading.ledger("bob"), gate=Gate())
    assert not opens(reading, "bob", customer)
    reading.sync("alice")
    tip = submitted(reading.ledger().repo, "bob")[-1].tip
    assert not judged(reading.ledger().repo, tip).lands
    with pytest.raises((GitFailed, TrustBroken)):  # carol supervises and is no head
        land(reading.ledger("carol"), slot(reading, "carol", "bob", "sign supervisor east"), gate=Gate())
    top = slot(reading, "alice", "bob", "sign head east")
    land(reading.ledger(), top, gate=Gate())
    reading.sync("bob")
    assert opens(reading, "bob", customer)
    assert codes(reading) == set()
    ledger = reading.ledger()
    dossier = ledger.dossier(customer)
    assert "bob" in ledger.expected_readers(dossier, "core", date(2027, 6, 30))
    assert "bob" not in ledger.expected_readers(dossier, "core", date(2027, 7, 1))
    assert lookup.record(ledger, asked.id).dossier == "office/east"
    request_of_bob = ledger.read(lookup.record(ledger, asked.id).path).data
    assert [request_of_bob[name] for name in ("state", "decided_by", "decided_on")] == ["approved", "alice", DAY]
    assert not [finding for finding in check(ledger).findings if finding.severity == "error"]
    sql = 'SELECT record, act, role, department, member, "on" FROM approval ORDER BY record'
    said = {row[0]: row[1:] for row in query(ledger, sql).rows if row[2] == "head"}
    assert said[customer] == said[asked.id] == ("sign", "head", "east", "alice", DAY)
    monkeypatch.setenv("CRMCTL_NOW", "2027-06-30T09:00:00+08:00")  # its last day
    reading.sync("alice")
    assert reading.ledger().read(lookup.record(reading.ledger(), asked.id).path).state == "approved"
    monkeypatch.setenv("CRMCTL_NOW", "2027-07-01T09:00:00+08:00")
    reading.sync("carol", "alice")
    assert reading.ledger().read(lookup.record(reading.ledger(), asked.id).path).state == "expired"
    assert not [finding for finding in check(reading.ledger()).findings if finding.severity == "error"]


@pytest.mark.req("R-REV-16")
@pytest.mark.req("R-REC-33")
def test_a_refused_request_says_so_and_nothing_of_it_holds(
    reading: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    customer, other = reading.customer(), reading.customer(name="Eastern Works")
    reading.sync("alice", "bob", "carol")
    first = request(reading.ledger("bob"), "access_request", customer, ASKED).id
    submit(reading.ledger("bob"), gate=Gate())
    reading.sync("alice")
    refuse(reading.ledger(), inbox(reading.ledger())[0].changes, "say what for")
    reading.sync("alice", "bob")
    assert reading.ledger("bob").pending.stacks == ()
    assert reading.ledger().read(lookup.record(reading.ledger(), first).path).state == "refused"
    asked = request(reading.ledger("bob"), "access_request", customer, ASKED).id
    request(reading.ledger("bob"), "access_request", other, ASKED)
    submit(reading.ledger("bob"), gate=Gate())
    reading.sync("alice", "carol")
    name = next(change.name for one in inbox(reading.ledger()) for change in one.changes if asked in change.about)
    refused = run(reading.clone("carol"), reading.home, "review", "refuse", name, "--reason", "no")
    assert refused.returncode == 6  # a supervisor is not asked
    says(reading, capsys, "review", "refuse", name, "--reason", "no bid of ours")
    said = reading.ledger().read(lookup.record(reading.ledger(), asked).path).data
    assert [said[key] for key in ("state", "decided_by", "decided_on", "decision", "applicant")] == [
        "refused", "alice", DAY, "no bid of ours", "bob",
    ]  # fmt: skip
    again = run(reading.clone("alice"), reading.home, "review", "approve", name)
    assert again.returncode in {4, 6}
    assert len(reading.ledger("bob").pending.stacks) == 2
    says(reading, capsys, "sync", member="bob")
    assert len(reading.ledger("bob").pending.stacks) == 1  # the other request goes on waiting
    assert not opens(reading, "bob", customer)
    told = says(reading, capsys, "due", member="bob")
    assert "Application refused: no bid of ours" in told
    for note in list(notes_to(reading.ledger("bob"), "bob")):
        says(reading, capsys, "advance", note.id, "answered", member="bob")
    assert "Application refused" not in says(reading, capsys, "due", member="bob")
    submit(reading.ledger("bob"), gate=Gate())
    reading.sync("alice", "carol")
    for member in ("alice", "carol"):
        assert not [finding for finding in check(reading.ledger(member)).findings if finding.severity == "error"]
    assert codes(reading) == set()
    assert [item for one in inbox(reading.ledger()) for item in one.changes if asked in item.about] == []


def test_what_is_had_or_asked_for_already_is_not_asked_for_again(reading: Company) -> None:
    customer = reading.customer()
    reading.sync("alice", "bob", "carol")

    def refused(member: str, *words: str) -> str:
        done = run(reading.clone(member), reading.home, "request", *words)
        assert done.returncode == 6, done.stderr
        return done.stderr

    def asks(until: str) -> list[str]:
        return ["access_request", customer, "--set", "what=contacts", "--set", "why=bid", "--set", f"until={until}"]

    # carol supervises the department that deals with the customer
    assert "Carol may read this already" in refused("carol", *asks("2027-06-30"))
    first = request(reading.ledger("bob"), "access_request", customer, ASKED).id
    for _again in range(2):
        told = refused("bob", *asks("2027-06-30"))
        assert "The same was asked for already and waits for approval" in told
        assert first in told
        submit(reading.ledger("bob"), gate=Gate())
    land(reading.ledger(), slot(reading, "alice", "bob", "sign head east"), gate=Gate())
    reading.sync("alice", "bob")
    assert "Bob may read this already, until 2027-05-31 at least" in refused("bob", *asks("2027-05-31"))
    request(reading.ledger("bob"), "access_request", customer, {**ASKED, "until": "2027-12-31"})  # for longer


def test_only_a_request_is_refused_and_only_with_a_reason(reading: Company) -> None:
    ask_review(reading)
    reading.customer("bob", name="Southern Works")
    submit(reading.ledger("bob"), gate=Gate())
    reading.sync("alice")
    changes = inbox(reading.ledger())[0].changes
    with pytest.raises(Refused) as caught:
        refuse(reading.ledger(), changes, "no")
    assert "crmctl review return" in str(caught.value.hint)
    with pytest.raises(InvalidInput):
        refuse(reading.ledger(), changes, " ")


def test_a_clerk_applies_for_somebody_and_nobody_for_another_in_his_own_name(reading: Company) -> None:
    customer = reading.customer()
    reading.sync("alice", "bob", "carol")
    with pytest.raises(InvalidInput):
        request(reading.ledger("carol"), "access_request", customer, {**ASKED, "applicant": "bob"})
    asked = request(reading.ledger("carol"), "access_request", customer, ASKED, origin=Origin("bob"))
    assert asked.readers == ("bob",)
    assert reading.ledger("carol").read(lookup.record(reading.ledger("carol"), asked.id).path).for_ == "bob"


def test_who_brings_his_own_request_to_main_is_told_and_gets_no_key(reading: Company) -> None:
    customer = reading.customer()
    reading.sync("alice", "bob", "carol")
    request(reading.ledger("bob"), "access_request", customer, ASKED)
    ledger = reading.ledger("bob")
    waiting = [path for path in lines_of(ledger.outbox) if customer in path]
    assert waiting == []  # or it would open before anybody said yes
    assert codes(reading, "bob") == set()
    forged = ledger.pending.stacks[0].tip
    git(reading.clone("bob"), "update-ref", "refs/heads/main", forged)
    assert codes(reading, "bob") >= {"TRU080", "TRU043"}


@pytest.mark.req("R-REV-17")
def test_a_request_that_only_says_it_was_approved_is_found(reading: Company) -> None:
    said = {"applicant": "carol", "customer": reading.customer(), **ASKED, "applied_on": DAY, "state": "approved"}
    draft = reading.draft()
    draft.new_record(
        draft.kind("access_request"), "office/east", "east", {**said, "decided_by": "alice", "decided_on": DAY}
    )
    draft.commit("add", "access_request")
    assert "REV031" in {finding.code for finding in check(reading.ledger()).findings}


@pytest.mark.req("R-REV-09")
@pytest.mark.req("R-UPD-07")
def test_a_file_is_destroyed_once_the_manager_in_charge_approved_it(company: Company) -> None:
    """P13: asked for by who deals with it, signed by another, then gone; without the approval verify finds it."""
    adopted(company, "p13")
    customer, kept = company.customer(name="Gone Works"), company.customer(name="Other Works")
    company.sync("alice", "carol")
    with pytest.raises(Refused) as caught:
        destroy(company.ledger(), customer, "never_again")
    assert caught.value.rule == "R-REV-09"
    asked = request(company.ledger("carol"), "destruction_request", "Gone Works", {"why": "closed down for good"})
    assert (asked.allows, asked.about, asked.until) == ("destroy", customer, None)
    with pytest.raises(Refused, match="waits for approval"):
        request(company.ledger("carol"), "destruction_request", "Gone Works", {"why": "again"})
    submit(company.ledger("carol"), gate=Gate())
    top = slot(company, "alice", "carol", "sign head east")
    with pytest.raises(Refused):
        destroy(company.ledger(), customer, "never_again")  # it waits
    land(company.ledger(), top, gate=Gate())
    ledger = company.ledger()
    assert ledger.dossier(customer).allowed == {"destroy": asked.id}
    assert ledger.read(lookup.record(ledger, asked.id).path).data["decided_by"] == "alice"
    with pytest.raises(Refused, match=f"approved already: {asked.id}"):
        request(company.ledger(), "destruction_request", "Gone Works", {"why": "again"})
    assert destroy(ledger, customer, "never_again").tombstone.request == asked.id
    company.sync("alice", "carol")
    assert codes(company, "carol", keyring=company.ledger("carol").keyring.tip) == set()
    assert [one.tombstone.id for one in tombstones(company.ledger("carol"))] == [customer]
    forger, stone = Forger(company), Tombstone(kept, ledger.today, "alice", "never_again", ())
    gone: dict[str, bytes | None] = {path: None for path in forger.paths("") if kept in path}
    forger.put("alice", {**gone, stone.path: dump(stone.encode())})
    assert "TRU095" in codes(company)


@pytest.mark.req("R-REV-09")
def test_nobody_allows_a_destruction_alone(company: Company) -> None:
    adopted(company, "p13")
    customer = company.customer()
    ledger = company.ledger()
    dossier = ledger.dossier(customer)
    marked = replace(dossier, allowed={"destroy": "DR-1"})
    Forger(company).put("alice", {dossier.path: dump(encode_dossier(marked))})
    assert codes(company) == {"TRU080"}
    odd = replace(dossier, allowed={"sell": "DR-1"})
    Forger(company).put("alice", {dossier.path: dump(encode_dossier(odd))})
    assert "TRU045" in codes(company)


@pytest.mark.req("R-REV-05")
@pytest.mark.req("R-ACL-05")
def test_sharing_takes_both_heads_and_the_head_of_sales(reading: Company) -> None:
    ledger = reading.ledger()
    roles = (Role("head", "west", ledger.today), Role("sales_lead", None, ledger.today))
    set_roles(ledger, "bob", roles)
    customer = reading.customer()
    reading.sync("alice", "bob", "carol")
    with pytest.raises(NotFound, match="There is no department wets"):
        request(reading.ledger("carol"), "sharing_request", customer, {**ASKED, "to_department": "wets"})
    asked = request(reading.ledger("carol"), "sharing_request", customer, {**ASKED, "to_department": "west"})
    assert asked.readers == ("west.head",)
    submit(reading.ledger("carol"), gate=Gate())
    slot(reading, "alice", "carol", "sign head east")
    top = slot(reading, "alice", "carol", "sign head west")
    seen = judged(reading.ledger().repo, top)
    left = {(item.wanted.code, item.wanted.departments): [str(one) for one in item.open] for item in seen.open}
    assert left == {
        ("REV004", ("east",)): [], ("REV005", ("east",)): ["sign sales_lead"], ("REV005", ("west",)): ["sign sales_lead"]
    }  # fmt: skip
    reading.sync("bob")
    assert not opens(reading, "bob", customer)
    top = slot(reading, "bob", "carol", "sign sales_lead -")
    reading.sync("alice")
    land(reading.ledger(), top, gate=Gate())
    reading.sync("bob")
    assert opens(reading, "bob", customer)
    assert codes(reading) == set()


def test_sharing_with_one_sides_approval_does_not_land(reading: Company) -> None:
    """The other side's head alone, or nobody of the other side: whoever lands it, verify refuses."""
    ledger = reading.ledger()
    set_roles(ledger, "bob", (Role("head", "west", ledger.today), Role("sales_lead", None, ledger.today)))
    customer = reading.customer()
    reading.sync("alice", "bob", "carol")
    request(reading.ledger("carol"), "sharing_request", customer, {**ASKED, "to_department": "west"})
    submit(reading.ledger("carol"), gate=Gate())
    slot(reading, "bob", "carol", "sign head west")
    top = slot(reading, "bob", "carol", "sign sales_lead -")  # the same person twice
    seen = judged(reading.ledger("bob").repo, top)
    assert not seen.lands
    with pytest.raises((GitFailed, TrustBroken)):
        land(reading.ledger("bob"), top, gate=Gate())


def test_what_nobody_would_approve_is_not_asked_for(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "bob")
    with pytest.raises(Refused):
        request(company.ledger("bob"), "access_request", customer, ASKED)


@pytest.mark.req("R-REV-02")
def test_a_trade_start_is_approved_by_the_supervisor_and_told_to_the_chairman(company: Company) -> None:
    adopted(company, "p13")
    customer = company.customer()
    company.sync("alice", "carol")
    values: dict[str, object] = {
        "direction": "sell", "surveyed_on": DAY, "surveyed_by": "alice", "business": "orthoses", "credit": "good",
        "organisation": "a ward", "relation": "none", "opinion": "begin",
    }  # fmt: skip
    made = company.add("trade_start", values, customer=customer, department="east").id
    submit(company.ledger(), gate=Gate())
    with pytest.raises(NotFound):
        lookup.record(company.ledger().landed, made)
    top = slot(company, "carol", "alice", "verify supervisor east")
    assert not judged(company.ledger("carol").repo, top).lands
    top = slot(company, "carol", "alice", "sign supervisor east")
    seen = judged(company.ledger("carol").repo, top)
    assert seen.lands
    assert [str(one) for item in seen.open for one in item.open] == ["acknowledge management"]
    land(company.ledger("carol"), top, gate=Gate())
    company.sync("alice")
    signed = f"SELECT member FROM approval WHERE record = '{made}' AND act = 'sign'"
    assert query(company.ledger(), signed).rows == (("carol",),)
    assert lookup.record(company.ledger().landed, made).id == made


@pytest.mark.req("R-REC-36")
@pytest.mark.req("R-REV-06")
def test_an_outgoing_letter_is_signed_by_the_head_and_has_its_number_before(company: Company) -> None:
    adopted(company, "p07")
    letter: dict[str, object] = {
        "direction": "out", "way": "fax", "party": "Northern Hospital", "subject": "Offer", "drafted_by": "carol",
        "state": "drafted",
    }  # fmt: skip
    made = company.add("correspondence", letter, "carol", department="east").id
    for state, values in (("signed", {"signed_by": "carol", "signed_on": DAY}), ("sent", {"sent_on": DAY})):
        with pytest.raises(Refused):
            advance(company.ledger("carol"), made, state, dict(values), Origin())
    with pytest.raises(InvalidInput):
        advance(company.ledger("carol"), made, "numbered", {}, Origin())
    company.sync("carol")
    advance(company.ledger("carol"), made, "numbered", {}, Origin())
    with pytest.raises(Refused):  # a supervisor is no head
        advance(company.ledger("carol"), made, "signed", {"signed_by": "carol", "signed_on": DAY}, Origin())
    company.sync("carol", "alice")
    advance(company.ledger(), made, "signed", {"signed_by": "alice", "signed_on": DAY}, Origin())
    advance(company.ledger(), made, "sent", {"sent_on": DAY}, Origin())


@pytest.mark.req("R-REV-01")
def test_a_customer_counts_once_the_supervisor_has_verified_it(company: Company) -> None:
    adopted(company, "p01")
    customer = company.customer("bob", name="Southern Works")
    ledger = company.ledger("bob")
    assert ledger.dossier(customer).id == customer
    with pytest.raises(NotFound):
        ledger.landed.dossier(customer)
    submit(ledger, gate=Gate())
    top = slot(company, "alice", "bob", "verify head west")
    land(company.ledger(), top, gate=Gate())
    company.sync("bob")
    assert company.ledger("bob").landed.dossier(customer).id == customer
    assert codes(company, "bob") == set()


@pytest.mark.req("R-REV-08")
def test_the_original_data_takes_the_permission_of_finance(company: Company) -> None:
    adopted(company, "p13")
    ledger = company.ledger()
    set_roles(ledger, "carol", (Role("finance", None, ledger.today),))
    customer = company.customer()
    company.sync("alice", "bob", "carol")
    request(company.ledger("bob"), "access_request", customer, ASKED)
    submit(company.ledger("bob"), gate=Gate())
    top = slot(company, "alice", "bob", "sign head east")
    assert [str(one) for item in judged(company.ledger().repo, top).open for one in item.open] == ["sign finance"]
    top = slot(company, "carol", "bob", "sign finance -")
    company.sync("alice")
    land(company.ledger(), top, gate=Gate())
    company.sync("bob")
    assert opens(company, "bob", customer)


@pytest.mark.req("R-REV-08")
def test_who_is_not_responsible_reads_by_request_whatever_the_policy_says_of_readers(
    company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    """P13:3: base lets company leaders read every card; under P13 they ask, and so does whoever changes the policy."""
    says(company, capsys, "member", "role", "bob", "management")
    says(company, capsys, "member", "role", "carol", "supervisor@east", "finance")
    customer = company.customer()
    company.sync("alice", "bob", "carol")
    assert opens(company, "bob", customer)  # as base has it
    says(company, capsys, "policy", "adopt", "p13")
    company.sync("alice", "carol", "bob")
    said = says(company, capsys, "policy", "check")
    assert "POL021" in said
    assert "management" in said
    assert json.loads(says(company, capsys, "policy", "show", "--json"))["data"]["by_request"] == {
        "core": ["management"]
    }
    company.add("visit", VISIT, customer=customer, department="east")  # what is written next is under a new key
    update(company.ledger(), customer, {"phone": "021-62345678"}, Origin())
    company.sync("alice", "bob")
    assert not opens(company, "bob", customer)
    refused = run(company.clone("bob"), company.home, "show", customer)
    assert refused.returncode == 7
    assert "crmctl request access_request" in refused.stderr
    says(company, capsys, "request", "access_request", customer, *setting(**ASKED), member="bob")
    says(company, capsys, "submit", member="bob")
    company.sync("carol")
    shown = says(company, capsys, "review", "show", member="carol")  # finance sees who asks for what and why
    assert "joint bid" in shown
    for member in ("alice", "carol"):  # the head, then finance
        company.sync("bob")
        assert not opens(company, "bob", customer)
        company.sync(member)
        says(company, capsys, "review", "approve", "bob/1", member=member)
    company.sync("bob")
    assert opens(company, "bob", customer)
    company.sync("alice")
    rows = json.loads(says(company, capsys, "access", customer, "--json"))["data"]
    bob = {row["compartment"]: (row["standing"], row["until"]) for row in rows if row["member"] == "bob"}
    assert bob["core"] == ("reads", "2027-06-30")
    assert codes(company) == set()


@pytest.mark.req("R-REV-08")
def test_finance_allows_whom_the_policy_itself_makes_readers(company: Company) -> None:
    ledger = company.ledger()
    set_roles(ledger, "carol", (*ledger.in_force.org.members["carol"].roles, Role("finance", None, ledger.today)))
    adopted(company, "p13")
    own = company.path / "own.yaml"
    text = dump(company.ledger().in_force.raw["policy/company.yaml"]).decode()
    own.write_text(text + "responsible: {core: ['+', management]}\n", "utf-8")
    set_value(company.ledger(), "remind_days", "20")
    assert not company.ledger().pending.stacks  # what has nothing to do with reading is not finance's
    adopt(company.ledger(), str(own))
    assert company.ledger().landed.in_force.pack.asking == {"core": ("management",)}
    submit(company.ledger(), gate=Gate())
    top = slot(company, "carol", "alice", "sign finance -")
    land(company.ledger("carol"), top, gate=Gate())
    company.sync("alice")
    assert company.ledger().landed.in_force.pack.asking == {}
    assert codes(company) == set()
    Forger(company).put("alice", {"policy/company.yaml": text.encode()})  # and taking it back as well
    assert "TRU080" in codes(company)


@pytest.mark.req("R-AUD-25")
def test_the_division_approves_which_departments_deal_with_a_customer(company: Company) -> None:
    customer = company.customer()
    ledger = company.ledger()
    set_roles(ledger, "carol", (*ledger.in_force.org.members["carol"].roles, Role("division", None, ledger.today)))
    adopted(company, "p23")
    alone = company.customer(name="Of one department")  # its first department asks nobody
    assert company.ledger().landed.dossier(alone).id == alone
    assign(company.ledger(), customer, "west")
    assert list(company.ledger().landed.dossier(customer).assignments) == ["east"]
    submit(company.ledger(), gate=Gate())
    top = slot(company, "carol", "alice", "sign division -")
    land(company.ledger("carol"), top, gate=Gate())
    company.sync("carol", "alice")
    assert sorted(company.ledger().landed.dossier(customer).assignments) == ["east", "west"]
    assert codes(company, "alice") == set()
