"""The blacklist on a real ledger: steps and their persons, what is barred, coming back, recognising a listed party."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from crmctl.errors import InvalidInput, NoKey, NotFound, Refused
from crmctl.ledger.affairs import blacklisting as steps
from crmctl.ledger.affairs.blacklist_view import entries, matches
from crmctl.ledger.affairs.grade_approving import approve_grades, put_forward
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing import blacklist_steps
from crmctl.ledger.changing.barring import barred_records
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import advance, update
from crmctl.ledger.changing.grade_cap import overfull_grades
from crmctl.ledger.changing.regrading import run
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change, Who, write
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import MAIN
from crmctl.ledger.meeting.submitting import demands
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.listing import query
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import adopt as adopt_pack
from crmctl.ledger.waiting.undo import undo
from crmctl.model.org import Role
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.question import Asked
from crmctl.resources import packs_path
from crmctl.review.desk import desk_of
from crmctl.review.noticing import acknowledge, notices
from tests.admitting import HOSPITAL, admit, admitted_hospitals
from tests.attacks.forgery import codes
from tests.company import CARD, NOW, Company, git
from tests.under_review import approve_record as approve
from tests.under_review import hand_in

CODE = "91350100M000100Y43"
SALE = {"date": "2026-11-20", "product": "bandage", "amount": "100"}
VALUES = {"vip_beds": 200, "vip_volume": 100000, "preferred_beds": 100, "preferred_volume": 20000,
          "contract_required": False}  # fmt: skip


@pytest.fixture(scope="module")
def under_p23(founded: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The company under P23 with dora and nina (division) and max (management), built once."""
    made = founded.copy(tmp_path_factory.mktemp("p23") / "company")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMCTL_NOW", NOW)
        patch.setenv("CRMCTL_HOME", str(made.home))
        adopt(made)
        for member, role in (("dora", "division"), ("nina", "division"), ("max", "management")):
            keys = create(made.home, member, None)
            ledger = made.ledger()
            add_member(ledger, keys, member.title(), (Role(role, None, ledger.today),))
        made.sync("alice")
        for member in ("dora", "nina", "max"):
            join(str(made.path / "server.git"), made.clone(member), member)
        made.sync("bob", "carol")
    return made


def adopt(company: Company) -> None:
    raw = dict(company.ledger().in_force.raw["policy/company.yaml"])  # type: ignore[arg-type,call-overload]
    raw |= {"extends": ["base", "p23"], "values": VALUES}
    pack = (packs_path() / "p23.yaml").read_bytes()
    files = {"policy/company.yaml": dump(raw), "policy/packs/p23.yaml": pack}
    change_setup(company.ledger(), files, "policy-adopt", "p23")


@pytest.fixture
def listed(under_p23: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A copy of it, with the clock standing still."""
    copy = under_p23.copy(tmp_path / "company")
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    monkeypatch.setenv("CRMCTL_HOME", str(copy.home))
    return copy


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda day: monkeypatch.setenv("CRMCTL_NOW", f"{day}T10:00:00+08:00")


def propose(company: Company, customer: str, level: str = "department", member: str = "carol") -> str:
    """A member puts a customer forward and hands it in."""
    values = {"reason": "arrears", "text": "90 days late"}
    company.sync(*dict.fromkeys(["alice", member]))
    made = steps.propose(company.ledger(member), customer, level, values, "east").id
    hand_in(company, member)
    return made


def list_for_department(company: Company, customer: str) -> str:
    """Carol proposes, alice as head signs."""
    entry = propose(company, customer)
    assert approve(company, entry, "alice")
    return entry


def list_for_company(company: Company, customer: str) -> str:
    """Alice proposes, dora of the division verifies, nina of the division signs."""
    entry = propose(company, customer, "company", "alice")
    assert approve(company, entry, "dora", "nina")
    company.sync("alice", "bob")
    return entry


def test_nobody_is_put_forward_by_a_department_that_is_not_there(listed: Company) -> None:
    customer = listed.customer()
    with pytest.raises(NotFound, match="nort"):
        steps.propose(listed.ledger(), customer, "department", {"reason": "arrears", "text": "x"}, "nort")


@pytest.mark.req("R-BLK-04")
def test_a_department_entry_bars_that_department_and_no_other(listed: Company) -> None:
    customer = listed.customer()
    entry = list_for_department(listed, customer)
    with pytest.raises(Refused, match=entry) as caught:
        listed.add("transaction", dict(SALE), customer=customer, department="east")
    assert caught.value.rule == "BLK001"
    assert "2027-05-20" in caught.value.what
    for kind, values in (("contract", {"subject": "supply"}), ("opportunity", {"subject": "lamp"}),
                         ("shipment", {"destination": "Jinan", "way": "truck"})):  # fmt: skip
        with pytest.raises(Refused, match=entry):
            listed.add(kind, values, customer=customer, department="east")
    from crmctl.ledger.affairs.dealing import assign

    assign(listed.ledger(), customer, "west", "bob")
    done = listed.add("transaction", dict(SALE), customer=customer, department="west")
    assert [f.code for f in done.findings] == ["BLK004"]


@pytest.mark.req("R-BLK-15")
def test_what_is_not_barred_stays_open(listed: Company) -> None:
    customer = listed.customer()
    contract = listed.add("contract", {"subject": "supply"}, customer=customer).id
    list_for_department(listed, customer)
    listed.add("payment", {"on": "2026-11-20", "amount": "50"}, customer=customer)
    complaint = {
        "content": "late",
        "category": "delivery",
        "channel": "phone",
        "received_at": "2026-11-20T09:00:00+08:00",
    }
    listed.add("complaint", complaint, customer=customer)
    update(listed.ledger(), contract, {"terms": "as before"}, Origin())
    with pytest.raises(Refused, match="blacklist"):
        advance(
            listed.ledger(), contract, "signed",
            {"number": "1", "signed_on": "2026-11-20", "valid_from": "2026-11-20"}, Origin(),
        )  # fmt: skip


@pytest.mark.req("R-BLK-05")
@pytest.mark.req("R-BLK-13")
@pytest.mark.req("R-ACL-14")
def test_a_company_entry_bars_every_department_and_everybody_can_read_that_it_does(listed: Company) -> None:
    west = listed.customer("bob", name="Western Clinic")
    listed.sync("bob", "alice")
    east = listed.customer(name="Southern Clinic")
    entry = list_for_company(listed, east)
    from crmctl.ledger.affairs.dealing import assign

    assign(listed.ledger(), east, "west", "bob")
    hand_in(listed, "alice")
    approve(listed, east, "dora")
    listed.sync("alice", "bob")
    with pytest.raises(Refused, match=entry):
        listed.add("transaction", dict(SALE), "bob", customer=east, department="west")
    listed.add("transaction", dict(SALE), "bob", customer=west)
    assert [(e.id, e.name) for e in entries(listed.ledger("bob"), date(2026, 11, 20))] == [(entry, "Southern Clinic")]
    with pytest.raises(NoKey):
        listed.ledger("bob").read(f"offices/east/blacklist.company/blacklist_entries/{entry}.yaml.age")


@pytest.mark.req("R-BLK-13")
@pytest.mark.req("R-ACL-14")
def test_a_departments_entry_is_not_read_by_another_department(listed: Company) -> None:
    entry = list_for_department(listed, listed.customer())
    listed.sync("bob", "dora")
    assert entries(listed.ledger("bob"), date(2026, 11, 20), everything=True) == []
    assert [e.id for e in entries(listed.ledger("dora"), date(2026, 11, 20))] == [entry]


@pytest.mark.req("R-BLK-01")
@pytest.mark.req("R-BLK-03")
def test_only_the_head_lists_for_a_department_and_never_who_proposed(listed: Company) -> None:
    """Nothing bars before the head has signed; the division takes note afterwards."""
    customer = listed.customer()
    entry = propose(listed, customer)
    path = f"offices/east/blacklist.department/blacklist_entries/{entry}.yaml.age"
    listed.sync("alice")
    ledger = listed.ledger("carol")
    assert ledger.repo.entry(ledger.head, path)
    assert ledger.repo.entry(ledger.main, path) is None
    listed.add("transaction", dict(SALE), "carol", customer=customer, department="east")
    listed.add("transaction", dict(SALE), customer=customer, department="east")
    assert [e.standing for e in entries(ledger, ledger.today, everything=True)] == ["In force: waits for approval"]
    own = propose(listed, listed.customer(name="Other Clinic"), member="alice")
    for member, what in (("carol", entry), ("max", entry), ("alice", own)):
        with pytest.raises(Refused, match="does not wait for you"):
            approve(listed, what, member)
    assert approve(listed, entry, "alice")
    assert notices(listed.ledger()) == ()
    listed.sync("alice", "dora", "carol")
    told = notices(listed.ledger("dora"))
    assert [one.about for one in told] == [(entry,)]
    acknowledge(listed.ledger("dora"), told)
    question = f"SELECT act, role, member FROM approval WHERE record = '{entry}' ORDER BY act"
    assert query(listed.ledger("dora"), question).rows == (
        ("acknowledge", "division", "dora"), ("sign", "head", "alice"),
    )  # fmt: skip
    assert codes(listed, "dora") == set()


@pytest.mark.req("R-BLK-02")
@pytest.mark.req("R-BLK-11")
@pytest.mark.req("R-REV-11")
def test_the_company_list_is_the_divisions_after_its_verification(listed: Company) -> None:
    """Put forward by a head, verified by one of the division, entered by another: in this order and by nobody twice."""
    customer = listed.customer()
    entry = propose(listed, customer, "company", "carol")  # no head: it takes the word of one
    for member in ("dora", "nina", "max"):
        with pytest.raises(Refused):
            approve(listed, entry, member)
    assert not approve(listed, entry, "alice", "dora")
    for member in ("alice", "carol", "dora", "max"):
        with pytest.raises(Refused):
            approve(listed, entry, member)
    listed.add("transaction", dict(SALE), customer=customer, department="east")
    assert approve(listed, entry, "nina")
    listed.sync("alice", "bob")
    with pytest.raises(Refused, match=entry):
        listed.add("transaction", dict(SALE), customer=customer, department="east")
    question = f"SELECT act, member FROM approval WHERE record = '{entry}' ORDER BY rowid"
    assert query(listed.ledger(), question).rows == (("propose", "alice"), ("verify", "dora"), ("sign", "nina"))
    assert codes(listed, "nina") == set()
    ledger = listed.ledger("nina")
    assert [path for path, _oid in ledger.repo.walk("main") if "blacklist.company/blacklist_entries/" in path]
    assert [path for path, _oid in ledger.repo.walk("main") if "blacklist_notices/" in path]


def test_a_policy_written_before_the_approvals_enters_nobody(listed: Company) -> None:
    raw = dict(listed.ledger().in_force.raw["policy/company.yaml"])  # type: ignore[arg-type,call-overload]
    raw |= {"blacklist": {"department": {"slots": ["sign head"], "bars": "own department", "term": "6 months"}}}
    change_setup(listed.ledger(), {"policy/company.yaml": dump(raw)}, "policy-set", "blacklist")
    customer = listed.customer()
    with pytest.raises(Refused) as caught:
        steps.propose(listed.ledger(), customer, "department", {"reason": "arrears", "text": "late"}, "east")
    assert (caught.value.rule, caught.value.hint) == ("BLK006", "crmctl policy adopt p23")


@pytest.mark.req("R-BLK-06")
@pytest.mark.req("R-BLK-08")
@pytest.mark.req("R-BLK-09")
@pytest.mark.req("R-RGD-09")
def test_the_end_of_the_term_frees_nobody_and_coming_back_takes_change_admission_and_two_leaders(
    listed: Company, clock: Callable[[str], None]
) -> None:
    hospital = HOSPITAL
    customer = listed.customer(**hospital)
    others = [listed.customer(name=f"Hospital {n}", **hospital) for n in range(7)]
    for dossier in others:
        admit(listed, dossier, "2026-11-20")
    entry = list_for_department(listed, customer)
    ahead = admit(listed, customer, "2026-11-21")
    with pytest.raises(Refused, match="not over"):
        update_to_readmitted(listed, entry, ahead)
    clock("2027-05-21")
    with pytest.raises(Refused, match="expired"):
        listed.add("transaction", {**SALE, "date": "2027-05-21"}, customer=customer)
    with pytest.raises(InvalidInput, match="to correct"):
        steps.readmit(listed.ledger(), entry)
    early = admit(listed, customer, "2026-11-20")
    with pytest.raises(Refused, match="decided after"):
        steps.readmit(listed.ledger(), entry, "new owner, debts paid", early)
    passed = admit(listed, customer, "2027-05-21", "99")
    steps.readmit(listed.ledger(), entry, "new owner, debts paid", passed)
    hand_in(listed, "alice")
    with pytest.raises(Refused, match=entry):  # not even the head who put it forward is free to trade by that
        listed.add("transaction", {**SALE, "date": "2027-05-21"}, customer=customer)
    for member in ("alice", "carol", "dora"):
        with pytest.raises(Refused, match="does not wait for you"):
            approve(listed, entry, member)
    assert approve(listed, entry, "max")
    listed.sync("alice")
    listed.add("transaction", {**SALE, "date": "2027-05-21"}, customer=customer)
    graded = {p.id: p.decision for p in run(listed.ledger(), "east", date(2027, 5, 21)).proposals}
    assert graded[customer].grade == "qualified"
    assert graded[customer].waiting_for is None
    review = {
        "period": "2027H1", "on": "2027-06-01", "by": "alice", "performance": "good", "payment": "on time",
        "integrity": "good", "state": "decided", "result": "raised", "decided_by": "alice",
        "decided_at": "2027-06-01T10:00:00+08:00",
    }  # fmt: skip
    clock("2027-06-01")
    listed.add("stage_review", review, customer=customer)
    graded = {p.id: p.decision for p in run(listed.ledger(), "east", date(2027, 6, 1)).proposals}
    assert graded[customer].grade == "vip"


@pytest.mark.req("R-REV-10")
def test_a_stage_review_and_its_grade_are_the_heads(listed: Company) -> None:
    """What a supervisor writes waits for the head, and verify refuses it otherwise; the division is told."""
    customer = listed.customer(category="retail")  # nobody has to be admitted first: this is about who approves
    listed.sync("alice", "carol")
    review = {
        "period": "2026H2", "on": "2026-11-20", "by": "carol", "performance": "good", "payment": "late", "integrity": "good",
    }  # fmt: skip
    made = listed.add("stage_review", review, "carol", customer=customer, department="east").id
    grade = {
        "on": "2026-11-20",
        "grade": "qualified",
        "state": "approved",
        "decided_by": "carol",
        "decided_on": "2026-11-20",
    }
    given = listed.add("grade", grade, "carol", customer=customer, department="east").id
    ledger = listed.ledger("carol")
    assert {item.code for item in demands(ledger, ledger.pending.stacks)} == {"REV022", "REV028"}
    main = ledger.main
    git(listed.clone("carol"), "update-ref", "refs/heads/main", ledger.pending.stacks[0].tip)
    assert codes(listed, "carol") == {"TRU080"}
    git(listed.clone("carol"), "update-ref", "refs/heads/main", main)
    hand_in(listed, "carol")
    assert approve(listed, made, "alice")
    assert [lookup.record(listed.ledger().landed, one).id for one in (made, given)] == [made, given]
    listed.sync("dora")
    assert [one.about for one in notices(listed.ledger("dora"))] == [(made,)]
    assert codes(listed, "dora") == set()


@pytest.mark.req("R-REV-10")
def test_a_stage_review_is_in_force_at_once_and_filed_with_the_division(listed: Company) -> None:
    customer = listed.customer()
    review = {
        "period": "2026H2", "on": "2026-11-20", "by": "alice", "performance": "good", "payment": "on time",
        "integrity": "good", "state": "decided", "result": "kept", "decided_by": "alice",
        "decided_at": "2026-11-20T10:00:00+08:00",
    }  # fmt: skip
    made = listed.add("stage_review", review, customer=customer, department="east").id
    assert lookup.record(listed.ledger().landed, made).id == made
    listed.sync("alice", "dora", "max")
    assert notices(listed.ledger("max")) == ()
    told = notices(listed.ledger("dora"))
    assert [one.about for one in told] == [(made,)]
    acknowledge(listed.ledger("dora"), told)
    assert notices(listed.ledger("dora")) == ()
    question = "SELECT record, act, role, member FROM approval"
    assert query(listed.ledger("dora"), question).rows == ((made, "acknowledge", "division", "dora"),)
    assert codes(listed, "dora") == set()


def update_to_readmitted(company: Company, entry: str, admission: str) -> None:
    advance(
        company.ledger(), entry, "readmitted",
        {"change_note": "x", "outcome": "x", "admission": admission, "readmitted_on": "2026-11-20"}, Origin(),
    )  # fmt: skip


@pytest.mark.req("R-REV-12")
def test_a_term_is_cut_short_with_reason_by_head_and_leader_and_still_bars(
    listed: Company, clock: Callable[[str], None]
) -> None:
    customer = listed.customer()
    entry = list_for_department(listed, customer)
    with pytest.raises(Refused):
        update(listed.ledger(), entry, {"valid_to": "2026-12-01"}, Origin())
    with pytest.raises(Refused, match="only cut short"):
        steps.shorten(listed.ledger(), entry, "paid", date(2028, 1, 1))
    listed.sync("carol")
    steps.shorten(listed.ledger("carol"), entry, "paid")
    hand_in(listed, "carol")
    assert [line.standing for line in entries(listed.ledger("carol"), date(2026, 11, 21))] == ["in force"]
    assert approve(listed, entry, "alice", "max")
    listed.sync("alice")
    clock("2026-11-21")
    with pytest.raises(Refused, match="cut short"):
        listed.add("transaction", {**SALE, "date": "2026-11-21"}, customer=customer)


@pytest.mark.req("R-REV-12")
def test_who_goes_round_his_own_crmctl_is_told_on_at_the_review(
    listed: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A readmission before the end of the term, without a passed admission: the leader is told before signing."""
    customer = listed.customer(**HOSPITAL)
    entry = list_for_department(listed, customer)
    admission = admit(listed, customer, "2026-11-20")
    with monkeypatch.context() as patch:
        patch.setattr(blacklist_steps, "must_be_allowed", lambda *_args: None)
        steps.readmit(listed.ledger(), entry, "they promised", admission)
        hand_in(listed, "alice")
    listed.sync("max")
    desk = desk_of(listed.ledger("max"))
    (change,) = desk.mine
    told = [(one.code, one.field) for one in desk.looked[change.name].findings]
    assert ("BLK006", "") in told  # its term is not over, and the admission not after it began
    assert desk.clean == []


@pytest.mark.req("R-BLK-07")
def test_the_companys_list_has_no_end_unless_the_pack_gives_one(listed: Company) -> None:
    entry = list_for_company(listed, listed.customer())
    line = next(e for e in entries(listed.ledger(), date(2040, 1, 1)) if e.id == entry)
    assert (line.until, line.barred) == (None, True)


@pytest.mark.req("R-BLK-12")
def test_a_listed_party_is_recognised_under_other_names(listed: Company) -> None:
    card = {"name": "华东医药有限公司", "credit_code": CODE, "legal_person": "王某", "phone": "0531-88886666"}
    entry = list_for_company(listed, listed.customer(**card))
    bob = listed.ledger("bob")
    assert [(m.entry, m.strength) for m in matches(bob, None, {"credit_code": CODE})] == [(entry, "exact")]
    assert [m.strength for m in matches(bob, None, {"name": "华东医药（有限公司）"})] != []
    assert [m.strength for m in matches(bob, None, {"legal_person": "王某"})] == ["weak"]
    assert [m.strength for m in matches(bob, None, {"phone": "0531-88886666"})] == ["strong"]
    assert matches(bob, None, {"name": "Quite another"}) == []
    from crmctl.ledger.changing.entry import Entry, add

    again = {**CARD, "name": "New Name Ltd", "credit_code": CODE}
    with pytest.raises(Refused) as caught:
        add(bob, Entry("customer", again))
    assert caught.value.rule == "BLK005"
    known = add(bob, Entry("customer", again, not_duplicate="sold to others"))
    assert "BLK005" in [f.code for f in known.findings]
    done = listed.add("transaction", dict(SALE), "bob", customer=known.id)
    assert "BLK005" in [f.code for f in done.findings]


@pytest.mark.req("R-BLK-20")
def test_an_entry_cannot_be_taken_out(listed: Company) -> None:
    """What waits is taken back like any change; what is in force stays."""
    customer = listed.customer()
    listed.sync("alice")
    steps.propose(listed.ledger(), customer, "department", {"reason": "arrears", "text": "late"}, "east")
    undo(listed.ledger())
    assert entries(listed.ledger(), date(2026, 11, 20), everything=True) == []
    entry = list_for_department(listed, customer)
    draft = Draft(listed.ledger())
    with pytest.raises(Refused) as caught:
        draft.put_file(f"offices/east/blacklist.department/blacklist_entries/{entry}.yaml.age", None, entry)
    assert caught.value.rule == "BLK020"


def test_check_finds_business_dated_inside_a_bar(listed: Company, clock: Callable[[str], None]) -> None:
    customer = listed.customer()
    listed.sync("alice", "bob")
    entry = propose(listed, customer)
    listed.add("transaction", {**SALE, "date": "2026-11-10"}, customer=customer)
    listed.add("transaction", dict(SALE), customer=customer)
    listed.sync("alice")
    assert approve(listed, entry, "alice")
    assert [f.code for f in check(listed.ledger()).findings] == ["BLK001"]
    found = barred_records(listed.ledger())
    assert [(f.code, f.args["entry"], str(f.args["day"])) for f in found] == [("BLK001", entry, "2026-11-20")]


def test_a_ledger_without_a_blacklist_bars_nothing(company: Company) -> None:
    customer = company.customer()
    company.add("transaction", dict(SALE), customer=customer)
    assert barred_records(company.ledger()) == []


@pytest.mark.req("R-BLK-03")
@pytest.mark.req("R-BLK-14")
def test_an_entry_is_due_thirty_days_before_its_end_and_until_the_customer_is_back(
    listed: Company, clock: Callable[[str], None]
) -> None:
    from crmctl.ledger.reading.due import agenda, own

    entry = list_for_department(listed, listed.customer())

    def told() -> list[tuple[str, bool]]:
        items = agenda(listed.ledger(), own(listed.ledger())).items
        return [(item.code, item.late) for item in items if item.id == entry]

    assert told() == [("BLK022", False)]
    listed.sync("alice", "dora")
    acknowledge(listed.ledger("dora"), notices(listed.ledger("dora")))
    listed.sync("dora", "alice")
    assert told() == []
    clock("2027-04-19")
    assert told() == []
    clock("2027-04-20")
    assert told() == [("BLK021", False)]
    clock("2027-05-20")
    assert told() == [("BLK021", False)]
    clock("2027-05-21")
    assert told() == [("BLK021", True)]


def test_a_sheet_brings_no_business_of_a_barred_customer_in(listed: Company, tmp_path: Path) -> None:
    from crmctl.exchange.plan import Order
    from crmctl.exchange.planner import plan_import

    entry = list_for_department(listed, listed.customer(name="Barred Clinic"))
    listed.customer(name="Free Clinic")
    sheet = tmp_path / "sales.csv"
    sheet.write_text(
        "customer,date,product,amount\nBarred Clinic,2026-11-20,bandage,100\nFree Clinic,2026-11-20,bandage,100\n",
        "utf-8",
    )
    plan = plan_import(listed.ledger(), Order(str(sheet), kind="transaction"), lambda _done: None)
    assert [row.goes_in for row in plan.rows] == [False, True]
    assert [(f.code, entry in str(f.args["why"])) for f in plan.rows[0].findings] == [("BLK001", True)]


@pytest.mark.req("R-BLK-20")
def test_check_misses_an_entry_that_was_taken_out_by_hand(listed: Company) -> None:
    entry = list_for_department(listed, listed.customer())
    ledger = listed.ledger()
    path = f"offices/east/blacklist.department/blacklist_entries/{entry}.yaml.age"
    change = Change(MAIN, ledger.head, {path: None}, "out\n")
    write(ledger.repo, [change], ledger.identity.sign, Who("alice", "a@b"), ledger.now)
    assert [(f.code, f.where) for f in check(listed.ledger(), keyless=True).findings] == [("BLK020", path)]


@pytest.mark.req("R-BLK-18")
def test_an_accusation_leads_to_the_list_only_when_it_was_upheld(listed: Company) -> None:
    accuser, accused = listed.customer(), listed.customer(name="Southern Clinic")
    filed = {
        "received_on": "2026-11-18", "accuser": accuser, "accused": accused, "matter": "fraud", "text": "forged papers",
    }  # fmt: skip
    accusation = listed.add("accusation", filed, department="east").id
    values = {"reason": "fraud", "text": "forged papers", "accusation": accusation}
    with pytest.raises(Refused, match="looked into and upheld"):
        steps.propose(listed.ledger(), accused, "company", values, "east")
    for state, more in (("checked", {"finding": "papers are forged"}), ("upheld", {"closed_on": "2026-11-19"})):
        advance(listed.ledger(), accusation, state, more, Origin())
    with pytest.raises(Refused, match="of this customer"):
        steps.propose(listed.ledger(), accuser, "company", values, "east")
    entry = steps.propose(listed.ledger(), accused, "company", values, "east").id
    ledger = listed.ledger()
    assert ledger.read(lookup.record(ledger, accusation).path).data["blacklist"] == entry


@pytest.mark.req("R-BLK-16")
@pytest.mark.req("R-BLK-17")
def test_a_violation_is_handled_step_by_step_and_a_watch_list_bars_nothing(listed: Company) -> None:
    adopt_pack(listed.ledger(), "base")
    adopt_pack(listed.ledger(), "p18")
    customer = listed.customer()
    found = {"on": "2026-11-01", "found_on": "2026-11-10", "what": "false papers", "text": "an invoice was altered"}
    case = listed.add("violation", found, customer=customer, department="east").id
    with pytest.raises(InvalidInput):
        advance(listed.ledger(), case, "heard", {}, Origin())
    advance(listed.ledger(), case, "heard", {"heard_on": "2026-11-12", "statement": "an error"}, Origin())
    decided = {"measure": "watch", "decision": "on the watch list", "decided_by": "alice", "decided_on": "2026-11-15"}
    advance(listed.ledger(), case, "decided", decided, Origin())
    values = {"reason": "other", "text": "altered invoice", "violation": case}
    listed.sync("alice", "carol")
    entry = steps.propose(listed.ledger("carol"), customer, "watch", {**values, "violation": None}, "east").id
    hand_in(listed, "carol")
    assert approve(listed, entry, "alice")
    listed.add("opportunity", {"subject": "lamp"}, customer=customer, department="east")
    assert [line.barred for line in entries(listed.ledger(), date(2026, 11, 20), "watch", everything=True)] == [False]


@pytest.mark.req("R-BLK-10")
@pytest.mark.req("R-BLK-19")
@pytest.mark.req("R-RPT-25")
def test_the_companys_list_is_a_page_for_everybody_with_who_knows_of_it(listed: Company) -> None:
    customer = listed.customer()
    entry = list_for_company(listed, customer)
    listed.sync("alice", "bob")
    receipt = {"entry": entry, "by": "bob", "on": "2026-11-20"}
    listed.add("blacklist_receipt", receipt, "bob", department="west")
    report = find_report(listed.ledger("bob"), "company-blacklist")
    asked = Asked(as_of=date(2026, 11, 20))
    page = {table.table.name: table.rows for table in fill(listed.ledger("bob"), report, asked).tables}
    assert [row[0] for row in page["posted"]] == ["Northern Hospital"]
    assert [(row[2], row[4]) for row in page["receipts"]] == [("east", None), ("west", "2026-11-20")]
    local = list_for_department(listed, listed.customer(name="Southern Clinic"))
    report = find_report(listed.ledger(), "blacklist")
    (table,) = fill(listed.ledger(), report, asked).tables
    assert sorted((row[0], row[2]) for row in table.rows) == [("company", entry), ("department", local)]


@pytest.mark.req("R-BLK-12")
def test_a_renamed_company_is_told_by_its_code_alias_and_former_name(listed: Company) -> None:
    customer = listed.customer(credit_code=CODE, aliases=["North Clinic"])
    list_for_company(listed, customer)
    for said in (
        {"credit_code": CODE, "name": "Quite Another"},
        {"name": "North Clinic"},
        {"name": "Northern Hospital"},
    ):
        assert matches(listed.ledger("bob"), None, said), said
    assert not matches(listed.ledger("bob"), None, {"name": "Southern Works"})


@pytest.mark.req("R-BLK-12")
def test_the_subsidiary_of_a_listed_company_is_warned_of_and_not_barred(listed: Company) -> None:
    parent = listed.customer()
    child = listed.customer(name="Southern Works", parent=parent)
    assert not listed.add("transaction", dict(SALE), customer=child, department="east").findings
    list_for_company(listed, parent)
    sold = listed.add("transaction", dict(SALE), customer=child, department="east")
    assert [(f.code, f.field) for f in sold.findings] == [("BLK005", "parent")]
    told = listed.add("customer", {**CARD, "name": "Eastern Works", "parent": parent}, department="east").findings
    assert ("BLK005", "parent") in {(f.code, f.field) for f in told}


@pytest.mark.req("R-RGD-05")
@pytest.mark.req("R-GRD-31")
def test_a_listed_vip_frees_its_seat_and_nobody_takes_it_without_a_review(listed: Company) -> None:
    first, second, *_rest = admitted_hospitals(listed, 8)
    retail = listed.customer(name="Corner Shop", category="retail")
    for customer, grade in ((first, "vip"), (second, "preferred")):
        decided = {
            "on": "2026-11-01",
            "grade": grade,
            "state": "approved",
            "decided_by": "alice",
            "decided_on": "2026-11-02",
        }
        listed.add("grade", decided, customer=customer, department="east")
    assert run(listed.ledger(), "east", date(2026, 11, 20)).bases["vip"] == 8
    list_for_department(listed, first)
    done = run(listed.ledger(), "east", date(2026, 11, 20))
    moves = {p.id: (p.move, p.before, p.grade, p.decision.grade) for p in done.proposals}
    assert done.bases["vip"] == 7
    assert moves[first] == ("out", "vip", None, None)
    assert moves[second] == ("held", "preferred", "preferred", "vip")
    assert moves[retail][0] == "stays"
    # after a finished review the seat is taken, though the other's end is not decided yet; then that is decided too
    review = {"period": "2026H1", "on": "2026-11-19", "by": "alice", "performance": "good", "payment": "good", "integrity": "good",
              "state": "decided", "result": "raised", "decided_by": "alice", "decided_at": "2026-11-19T10:00:00+08:00"}  # fmt: skip
    listed.add("stage_review", review, customer=second, department="east")
    file_run(listed.ledger(), run(listed.ledger(), "east", date(2026, 11, 20)))
    waiting = {one.dossier: one for one in put_forward(listed.ledger(), "east")}
    assert [(waiting[key].move, waiting[key].grade) for key in (first, second)] == [("out", None), ("up", "vip")]
    approve_grades(listed.ledger(), "east", [waiting[second]])
    approve_grades(listed.ledger(), "east", [waiting[first]])
    again = run(listed.ledger(), "east", date(2026, 11, 20))
    assert {p.id: p.before for p in again.proposals if p.id in {first, second}} == {first: None, second: "vip"}
    assert list(overfull_grades(listed.ledger())) == []


@pytest.mark.req("R-BLK-10")
@pytest.mark.req("R-ADM-16")
def test_who_comes_on_the_companys_list_is_cleared_from_each_department_by_its_own_people(listed: Company) -> None:
    from crmctl.ledger.affairs.archiving import archive
    from crmctl.ledger.affairs.dealing import assign
    from crmctl.ledger.reading.due import agenda, own

    def due(member: str) -> list[str | None]:
        ledger = listed.ledger(member)
        return [one.department for one in agenda(ledger, own(ledger)).items if one.code == "ADM016"]

    customer = listed.customer()
    assign(listed.ledger(), customer, "west", "bob")
    list_for_company(listed, customer)
    assert [sorted(map(str, due("alice"))), due("bob")] == [["east", "west"], []]
    archive(listed.ledger(), customer, "past", "blacklisted", department="east")
    assert due("alice") == ["west"]
    archive(listed.ledger(), customer, "past", "blacklisted")
    assert due("alice") == []
    assert {one.state for one in listed.ledger().dossier(customer).assignments.values()} == {"past"}


def test_a_reviewer_is_told_of_a_bar_that_came_after_the_change(listed: Company) -> None:
    from crmctl.review.desk import desk_of
    from tests.under_review import ask_review, hand_in

    ask_review(listed, [{"on": ["add contract"], "slots": ["verify supervisor"], "code": "REV006"}])
    customer, other = listed.customer(), listed.customer(name="Quiet Clinic")
    for dossier in (customer, other):
        listed.add("contract", {"subject": "supply"}, customer=dossier, department="east")
    hand_in(listed, "alice")
    list_for_department(listed, customer)
    listed.sync("carol")
    desk = desk_of(listed.ledger("carol"))
    told = {
        change.stack.changes[0].path.split("/")[2]: [
            (one.code, one.severity) for one in desk.looked[change.name].findings
        ]
        for bundle in desk.bundles for change in bundle.changes
    }  # fmt: skip
    assert told == {customer: [("BLK001", "error")], other: []}
    assert [change.about for change in desk.clean] != [change.about for change in desk.mine]
