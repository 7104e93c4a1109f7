"""A check that takes over what an earlier one found says exactly what a check of everything says."""

from __future__ import annotations

import contextlib
import random
from datetime import date

import pytest

from crmctl.errors import CrmctlError
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.checking import check as checking
from crmctl.ledger.checking import check_note, file_check
from crmctl.ledger.checking.check import Checked, check
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.enrol import set_roles
from crmctl.ledger.snapshot.store import notes_of
from crmctl.ledger.waiting.undo import undo
from crmctl.model.dossier import Grant, wraps_folder
from crmctl.model.org import Role
from crmctl.model.paths import record_path
from tests.company import VISIT, Company
from tests.prepared import prepared


@prepared
def customer(company: Company) -> str:
    """A customer of alice with two visits."""
    made = company.customer()
    for _ in range(2):
        company.add("visit", VISIT, customer=made)
    company.sync("alice", "carol", "alice")
    return made


def everything(ledger: Ledger) -> Checked:
    """A check that remembers nothing."""
    notes_of(ledger).drop("checked")
    return check(Ledger(ledger.repo.path, home=ledger.home))


def again(company: Company, member: str = "alice") -> Checked:
    """A check that remembers; it must be what one of everything is."""
    found = check(company.ledger(member))
    kept = notes_of(company.ledger(member)).folder / "checked.age"
    content = kept.read_bytes()
    whole = everything(company.ledger(member))
    kept.write_bytes(content)
    assert (found.existing, found.opened) == (whole.existing, whole.opened)
    assert sorted(map(repr, found.findings)) == sorted(map(repr, whole.findings))
    return found


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were really checked."""
    seen: list[str] = []
    really = file_check.check_files

    def watched(ledger: Ledger, mode: str, entries: list[tuple[str, str]]) -> object:
        seen.extend(path for path, _oid in entries)
        return really(ledger, mode, entries)

    monkeypatch.setattr(checking, "check_files", watched)
    return seen


def by_hand(company: Company, edits: dict[str, bytes | None], member: str = "alice", *, keyring: bool = False) -> None:
    ledger = company.ledger(member)
    ref, tip = (ledger.keyring.ref, ledger.keyring.tip) if keyring else ("refs/heads/main", ledger.head)
    write(ledger.repo, [Change(ref, tip, edits, "by hand\n")], ledger.identity.sign, author_of(ledger), ledger.now)


def codes(found: Checked) -> list[str]:
    return sorted(finding.code for finding in found.findings if finding.severity == "error")


def told(found: Checked) -> list[str]:
    return sorted(finding.code for finding in found.findings)


def paths(company: Company, part: str) -> list[str]:
    return [path for path, _oid in company.ledger().record_blobs() if part in path]


def test_nothing_is_looked_at_twice(company: Company, customer: str, looked_at: list[str]) -> None:
    assert codes(check(company.ledger())) == []
    assert len(looked_at) == 3
    looked_at.clear()
    assert check(company.ledger()).existing == 3
    assert looked_at == []
    other = company.customer(name="Another One")
    assert check(company.ledger()).existing == 4
    assert [path.split("/")[2] for path in looked_at] == [other]


@pytest.mark.parametrize("seed", range(3))
def test_it_says_what_a_check_of_everything_says_after_whatever_happened(
    company: Company, customer: str, seed: int
) -> None:
    chance = random.Random(seed)
    visit = paths(company, "/visits/")[0]

    def put_back() -> None:
        ledger = company.ledger()
        entry = ledger.repo.entry(ledger.head, visit)
        update(ledger, visit.rpartition("/")[2].partition(".")[0], {"topic": f"Other {chance.random()}"}, Origin())
        assert entry is not None
        by_hand(company, {visit: company.ledger().repo.read_blob(entry.oid)})

    acts = [
        lambda: company.add("visit", VISIT, customer=customer),
        lambda: company.customer(name=f"Made-up {chance.random()}"),
        lambda: by_hand(company, {paths(company, "/visits/")[-1]: b"not sealed"}),
        lambda: by_hand(company, {f"customers/zz/stray {chance.randint(1, 9)}.txt": b"x"}),
        lambda: by_hand(company, {f"{wraps_folder(customer)}/east.supervisor": None}, keyring=True),
        lambda: set_roles(
            company.ledger(), "carol", (Role(chance.choice(["sales", "supervisor"]), "east", company.ledger().today),)
        ),
        lambda: undo(company.ledger()),
        lambda: company.sync("alice", "carol", "alice"),
        put_back,
    ]
    for _step in range(5):
        for act in chance.sample(acts, 2):
            with contextlib.suppress(CrmctlError):  # what was tampered with may rightly refuse
                act()
        again(company)


def test_a_finding_stays_until_it_is_put_right(company: Company, customer: str) -> None:
    path = paths(company, "/visits/")[0]
    good = company.ledger().repo.read(company.ledger().head, path)
    again(company)
    by_hand(company, {path: b"not sealed"})
    assert codes(again(company)) == ["CHK006"]
    company.customer(name="Another One")
    assert codes(again(company)) == ["CHK006"]
    by_hand(company, {path: None})
    assert codes(again(company)) == []
    by_hand(company, {path: good})
    assert codes(again(company)) == ["CHK012"]


def test_an_earlier_version_put_back_is_told_though_the_files_are_the_same(company: Company, customer: str) -> None:
    path = paths(company, "/visits/")[0]
    first = company.ledger().repo.read(company.ledger().head, path)
    again(company)
    update(company.ledger(), path.rpartition("/")[2].partition(".")[0], {"topic": "Other"}, Origin())
    by_hand(company, {path: first})
    assert codes(again(company)) == ["CHK012"]


def test_a_copied_file_is_told(company: Company, customer: str) -> None:
    first, second = paths(company, "/visits/")[:2]
    again(company)
    by_hand(company, {second: company.ledger().repo.read(company.ledger().head, first)})
    assert "CHK013" in codes(again(company))


def test_what_others_refer_to_may_not_vanish_unseen(company: Company, customer: str) -> None:
    other = company.customer(name="Another One")
    update(company.ledger(), other, {"parent": customer}, Origin())
    assert codes(again(company)) == []
    ledger = company.ledger()
    folder = f"customers/{customer[2:4].lower()}/{customer}/"
    gone = {path: None for path, _oid in ledger.repo.walk(ledger.head, "customers") if path.startswith(folder)}
    by_hand(company, gone)
    assert codes(again(company)) == ["REF001"]


def test_a_key_taken_out_is_told(company: Company, customer: str) -> None:
    again(company)
    by_hand(company, {f"{wraps_folder(customer)}/east.head": None}, keyring=True)
    assert "KEY004" in codes(again(company))


def test_a_change_of_the_kinds_checks_everything(company: Company, customer: str, looked_at: list[str]) -> None:
    check(company.ledger())
    looked_at.clear()
    ledger = company.ledger()
    pack = (
        (ledger.repo.read(ledger.head, "policy/packs/base.yaml") or b"")
        .replace(b"    done: [whom, result, goal_met]", b"    done: [whom, result, goal_met]\n    planned: [next_on]")
        .replace(b"    planned: [whom, place, minimum_goal]\n", b"")
    )
    by_hand(company, {"policy/packs/base.yaml": pack})
    assert codes(check(company.ledger())) == ["REC001", "REC001"]
    assert len(looked_at) == 3
    assert codes(again(company)) == ["REC001", "REC001"]


def test_a_grant_that_ran_out_is_looked_at_on_that_day(
    company: Company, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Draft(company.ledger())
    from dataclasses import replace

    draft.wrapping.put(replace(draft.dossier(customer), grants=(Grant("bob", "core", date(2026, 11, 25)),)))
    draft.wrapping.extend_readers(customer, ["core"])
    draft.commit("grant", "customer")
    assert codes(again(company)) == []
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-25T10:00:00+08:00")
    assert codes(again(company)) == []
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-26T10:00:00+08:00")
    assert "KEY005" in told(again(company))


def test_a_role_that_ends_is_looked_at_on_that_day(
    company: Company, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = company.ledger()
    set_roles(ledger, "carol", (Role("supervisor", "east", ledger.today, date(2026, 11, 21)),))
    company.sync("alice")
    assert codes(again(company)) == []
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-22T10:00:00+08:00")
    assert set(told(again(company))) == {"KEY005"}


def test_the_note_is_sealed_and_a_spoiled_one_is_made_anew(company: Company, customer: str) -> None:
    by_hand(company, {paths(company, "/visits/")[0]: b"not sealed"})
    check(company.ledger())
    note = notes_of(company.ledger()).folder / "checked.age"
    assert customer.encode() not in note.read_bytes()
    note.write_bytes(note.read_bytes()[:-5])
    assert codes(again(company)) == ["CHK006"]


def test_another_line_of_history_is_checked_from_its_beginning(company: Company, customer: str) -> None:
    """A landing puts the server's history first: what was checked here is no longer the first line."""
    again(company)
    company.customer(name="Another One")
    again(company)
    company.add("visit", VISIT, "carol", customer=customer)
    company.sync("carol", "alice")
    assert codes(again(company)) == []
    assert check_note.CheckNote.load(company.ledger()) is not None


def test_keyless_keeps_no_note(company: Company, customer: str) -> None:
    check(company.ledger(), keyless=True)
    assert not (notes_of(company.ledger()).folder / "checked.age").exists()
    ledger = company.ledger()
    path = record_path(ledger.in_force.kinds["visit"], customer, "east/sales", "V-0000000000")
    by_hand(company, {path: b"not sealed"})
    assert codes(check(company.ledger(), keyless=True)) == ["CHK006"]
