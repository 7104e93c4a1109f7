"""Copies and their server: nothing is lost, doubled, or silently followed."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, Conflict, ExitCode, GitFailed, TrustBroken
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.changing.wrapping import keyring_change
from crmctl.ledger.checking.check import check
from crmctl.ledger.git.remote import PushOutcome
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting import sync as syncing
from crmctl.ledger.meeting.sync import Synced, sync
from crmctl.ledger.setup.founding import Founding, found
from crmctl.model.dossier import wraps_folder
from crmctl.model.paths import record_path
from crmctl.model.wraps import write_wraps
from tests.company import VISIT, Company, git

ROOT = Path(__file__).resolve().parents[3]
MAIN, KEYRING = "refs/heads/main", "refs/heads/keyring/1"


def server_tips(company: Company) -> tuple[str, str]:
    server = company.path / "server.git"
    return git(server, "rev-parse", MAIN).strip(), git(server, "rev-parse", KEYRING).strip()


def tips(company: Company, member: str) -> tuple[str, str]:
    return git(company.clone(member), "rev-parse", MAIN).strip(), git(
        company.clone(member), "rev-parse", KEYRING
    ).strip()


def errors_of(ledger: Ledger) -> list[str]:
    return [f"{f.code} {f.where} {f.field}" for f in check(ledger).findings if f.severity == "error"]


def rename(company: Company, member: str, customer: str, name: str) -> None:
    draft = company.draft(member)
    draft.new_version(record_path(draft.kind("customer"), customer, "core", customer), {"name": name})
    draft.commit("update", "customer")


def name_of(company: Company, member: str, customer: str) -> object:
    ledger = company.ledger(member)
    return ledger.read(record_path(ledger.in_force.kinds["customer"], customer, "core", customer)).data["name"]


def test_what_one_adds_the_other_gets_without_a_merge(company: Company) -> None:
    customer = company.customer()
    added = sync(company.ledger("alice"))
    assert (added.received, added.sent) == (0, 1)
    taken = sync(company.ledger("carol"))
    assert (taken.received, taken.sent, taken.head) == (1, 0, added.head)
    assert tips(company, "alice") == tips(company, "carol") == server_tips(company)
    assert name_of(company, "carol", customer) == "Northern Hospital"
    assert git(company.clone("carol"), "status", "--porcelain") == ""


def test_the_second_sync_writes_and_sends_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    company.customer()
    company.customer("bob", name="Southern Clinic")
    company.sync("alice", "bob", "alice")
    before = tips(company, "alice"), tips(company, "bob"), server_tips(company)

    def never(*_args: object, **_kwargs: object) -> PushOutcome:
        raise AssertionError("nothing is to be sent")

    monkeypatch.setattr(syncing, "push", never)
    head = company.ledger("alice").head
    assert sync(company.ledger("alice")) == Synced(0, 0, 0, head)
    assert sync(company.ledger("bob")).sent == 0
    assert (tips(company, "alice"), tips(company, "bob"), server_tips(company)) == before


def test_both_wrote_then_the_servers_line_stays_the_first_parent(company: Company) -> None:
    mine, theirs = company.customer(), company.customer("bob", name="Southern Clinic")
    company.sync("bob")
    server = server_tips(company)[0]
    ours = company.ledger().head
    keyring = tips(company, "alice")[1]
    done = sync(company.ledger())
    assert (done.received, done.sent) == (1, 1)
    parents = git(company.clone("alice"), "show", "-s", "--format=%P", "main").split()
    assert parents == [server, ours]
    assert server_tips(company) == tips(company, "alice")
    ledger = company.ledger()
    assert ledger.dossier(mine).id == mine
    assert ledger.dossier(theirs).id == theirs
    assert git(company.clone("alice"), "status", "--porcelain") == ""
    # the keyring is one line of commits and holds what both wrapped
    assert git(company.clone("alice"), "rev-list", "--min-parents=2", KEYRING) == ""
    assert keyring not in git(company.clone("alice"), "rev-list", KEYRING).split()
    for dossier in (mine, theirs):
        assert ledger.keyring.readers(wraps_folder(dossier))
    company.sync("bob")
    assert tips(company, "bob") == tips(company, "alice")
    assert [errors_of(company.ledger(member)) for member in ("alice", "bob", "carol")] == [[], [], []]


def test_a_landing_names_the_keyring_it_needs(company: Company) -> None:
    company.customer()
    company.customer("bob", name="Southern Clinic")
    company.sync("bob", "alice")
    named = git(
        company.clone("alice"), "log", "-1", "--format=%(trailers:key=Crmctl-Keyring,valueonly)", "main"
    ).strip()
    assert named in git(company.clone("alice"), "rev-list", KEYRING).split()


@pytest.mark.req("R-AUD-22")
def test_the_same_record_changed_on_both_sides_is_a_conflict_that_loses_nothing(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    rename(company, "carol", customer, "Carol's name")
    rename(company, "alice", customer, "Alice's name")
    company.sync("carol")
    before = tips(company, "alice"), server_tips(company)
    with pytest.raises(Conflict) as caught:
        sync(company.ledger())
    assert caught.value.exit_code == ExitCode.CONFLICT
    assert customer in str(caught.value.where)
    assert caught.value.hint
    assert (tips(company, "alice"), server_tips(company)) == before
    assert name_of(company, "alice", customer) == "Alice's name"
    assert git(company.clone("alice"), "status", "--porcelain") == ""
    with pytest.raises(Conflict):
        sync(company.ledger())


def test_a_conflict_names_the_visit(company: Company) -> None:
    customer = company.customer()
    visit = company.add("visit", VISIT, customer=customer).id
    sale: dict[str, object] = {"date": "2026-11-02", "product": "brace", "amount": "10"}
    company.add("transaction", sale, customer=customer)
    company.sync("alice", "carol")
    for member in ("alice", "carol"):
        ledger = company.ledger(member)
        draft = Draft(ledger)
        path = record_path(draft.kind("visit"), customer, "east/sales", visit)
        draft.new_version(path, {"topic": f"told by {member}"})
        draft.commit("update", "visit")
        company.add("transaction", sale, member, customer=customer, department="east")
    company.sync("carol")
    with pytest.raises(Conflict) as caught:
        sync(company.ledger())
    assert caught.value.where == visit  # the month is merged row by row


def test_two_who_write_in_turn_lose_and_double_nothing(company: Company) -> None:
    made = []
    for number in range(2):
        for member in ("alice", "bob"):
            made.append(company.customer(member, name=f"{member} {number}"))
            company.sync(member)
    company.sync("alice", "bob", "alice", "carol")
    assert server_tips(company) == tips(company, "alice") == tips(company, "carol")
    paths = git(company.clone("alice"), "ls-tree", "-r", "--name-only", "main").split()
    cards = [path for path in paths if path.endswith("customer.yaml.age")]
    assert sorted(path.split("/")[2] for path in cards) == sorted(made)
    assert git(company.path / "server.git", "rev-list", "--min-parents=2", KEYRING) == ""
    for member in ("alice", "bob", "carol"):
        assert errors_of(company.ledger(member)) == []


WRITER = """
import sys
from pathlib import Path
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from tests.company import CARD
from crmctl.ledger.changing.entry import Entry, add
clone, home, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
for number in range(count):
    print(add(Ledger(clone, home=home), Entry("customer", {**CARD, "name": f"{clone.name} number {number}"})).id, flush=True)
    sync(Ledger(clone, home=home))
"""


def test_writers_at_the_same_time_lose_and_double_nothing(company: Company) -> None:
    def run(member: str) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", WRITER, str(company.clone(member)), str(company.home), "3"],
            capture_output=True, text=True, check=False, cwd=company.path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    with ThreadPoolExecutor() as pool:
        made = [customer for ids in pool.map(run, ["alice", "bob"]) for customer in ids]
    company.sync("alice", "bob", "carol")
    assert server_tips(company) == tips(company, "alice") == tips(company, "bob") == tips(company, "carol")
    paths = git(company.clone("alice"), "ls-tree", "-r", "--name-only", "main").split()
    assert sorted(path.split("/")[2] for path in paths if path.endswith("customer.yaml.age")) == sorted(made)
    assert len(made) == 6
    for member in ("alice", "bob"):
        assert errors_of(company.ledger(member)) == []
    assert "missing" not in git(company.path / "server.git", "fsck", "--full")


def test_a_hook_that_says_no_is_quoted_and_nothing_is_lost(company: Company) -> None:
    hook = company.path / "server.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'Not on a Sunday' >&2\nexit 1\n")
    hook.chmod(0o755)
    customer = company.customer()
    before = server_tips(company)
    with pytest.raises(GitFailed) as caught:
        sync(company.ledger())
    assert "Not on a Sunday" in caught.value.what
    assert server_tips(company) == before
    hook.unlink()
    sync(company.ledger())
    company.sync("carol")
    assert name_of(company, "carol", customer) == "Northern Hospital"


def test_a_server_gets_keyring_and_main_together_or_neither(company: Company) -> None:
    """An update hook lets main through and refuses the keyring: neither may move."""
    hook = company.path / "server.git" / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\ncase "$1" in refs/heads/keyring/*) echo no keys today >&2; exit 1;; esac\n')
    hook.chmod(0o755)
    company.customer()
    before = server_tips(company)
    with pytest.raises(GitFailed, match="no keys today"):
        sync(company.ledger())
    assert server_tips(company) == before


@pytest.mark.parametrize("step", ["write", "rewrap", "push", "fetch_safely", "remember_server"])
def test_broken_off_at_any_step_it_can_run_again(company: Company, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    mine, theirs = company.customer(), company.customer("bob", name="Southern Clinic")
    company.sync("bob")

    class Killed(BaseException):
        pass

    def killed(*_args: object, **_kwargs: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(syncing, step, killed)
        with pytest.raises(Killed):
            sync(company.ledger())
    company.sync("alice", "bob")
    assert server_tips(company) == tips(company, "alice") == tips(company, "bob")
    ledger = company.ledger()
    assert {ledger.dossier(mine).id, ledger.dossier(theirs).id} == {mine, theirs}
    assert errors_of(ledger) == []


def test_broken_off_between_the_two_branches_the_keyring_is_the_one_ahead(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Carol only goes forward on main but has wraps of her own: her keyring is merged first."""
    company.customer()
    company.sync("alice")
    stale = company.ledger("carol")
    draft = Draft(company.ledger("carol"))
    draft.new_record(draft.kind("day_plan"), "office/east", "east", {"on": "2026-11-23"})
    assert draft.wrapping.lines

    changes = keyring_change(stale, draft.wrapping.lines)
    write(stale.repo, changes, stale.identity.sign, author_of(stale), stale.now)
    old_main, old_keyring = tips(company, "carol")

    def killed(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(syncing, "move_refs", killed)
        with pytest.raises(KeyboardInterrupt):
            sync(company.ledger("carol"))
    main, keyring = tips(company, "carol")
    assert main == old_main
    assert keyring != old_keyring
    company.sync("carol")
    assert tips(company, "carol") == server_tips(company)


def test_another_ledger_behind_the_address_is_refused(company: Company, tmp_path: Path) -> None:
    company.customer()
    found(tmp_path / "other", Founding("Other", {"east": ("东区", "East")}, "alice", "Alice"), company.home)
    git(company.path, "init", "-q", "--bare", "-b", "main", "other.git")
    git(tmp_path / "other", "push", "-q", str(company.path / "other.git"), "main", "keyring/1")
    git(company.clone("alice"), "remote", "set-url", "origin", str(company.path / "other.git"))
    before = tips(company, "alice")
    other = git(company.path / "other.git", "rev-parse", "main")
    for _again in range(2):
        with pytest.raises(TrustBroken):
            sync(company.ledger())
    with pytest.raises(TrustBroken, match="another ledger"):
        sync(company.ledger(), give_back=True)
    assert tips(company, "alice") == before
    assert git(company.path / "other.git", "rev-parse", "main") == other


def test_a_server_that_was_turned_back_is_told_and_not_followed(company: Company) -> None:
    customer = company.customer()
    company.sync("alice")
    server = company.path / "server.git"
    git(server, "update-ref", MAIN, f"{MAIN}~1")
    back = server_tips(company)
    mine = tips(company, "alice")
    for _again in range(2):
        with pytest.raises(TrustBroken, match="turned back") as caught:
            sync(company.ledger())
    assert "--give-back" in str(caught.value.hint)
    assert (tips(company, "alice"), server_tips(company)) == (mine, back)
    sync(company.ledger(), give_back=True)
    assert server_tips(company) == mine
    company.sync("alice", "carol")
    assert name_of(company, "carol", customer) == "Northern Hospital"


def test_a_server_that_went_on_from_an_older_state_is_told_too(company: Company) -> None:
    lost = company.customer()
    company.sync("alice")
    server = company.path / "server.git"
    for ref in (MAIN, KEYRING):
        git(server, "update-ref", ref, f"{ref}~1")
    other = company.customer("bob", name="Southern Clinic")
    company.sync("bob")
    with pytest.raises(TrustBroken, match="turned back or rewritten"):
        sync(company.ledger())
    sync(company.ledger(), give_back=True)
    company.sync("bob")
    for member in ("alice", "bob"):
        ledger = company.ledger(member)
        assert {ledger.dossier(lost).id, ledger.dossier(other).id} == {lost, other}
        assert errors_of(ledger) == []


def test_an_emptied_server_is_told_and_can_be_filled_again(company: Company) -> None:
    company.customer()
    company.sync("alice")
    mine = tips(company, "alice")
    server = company.path / "server.git"
    for ref in (MAIN, KEYRING):
        git(server, "update-ref", "-d", ref)
    with pytest.raises(TrustBroken, match="lost the ledger"):
        sync(company.ledger())
    sync(company.ledger(), give_back=True)
    assert server_tips(company) == mine


def test_a_keyring_that_is_gone_from_the_server_is_told(company: Company) -> None:
    company.customer()
    company.sync("alice", "carol")
    git(company.path / "server.git", "update-ref", KEYRING, f"{KEYRING}~1")
    with pytest.raises(TrustBroken) as caught:
        sync(company.ledger("carol"))
    assert caught.value.where == KEYRING


def test_a_copy_without_a_server_says_what_to_do(company: Company) -> None:
    git(company.clone("alice"), "remote", "remove", "origin")
    with pytest.raises(BadConfiguration, match="no server") as caught:
        sync(company.ledger())
    assert "git remote add origin" in str(caught.value.hint)


def test_a_server_that_is_down_loses_nothing(company: Company) -> None:
    customer = company.customer()
    mine = tips(company, "alice")
    server = company.path / "server.git"
    server.rename(company.path / "away.git")
    with pytest.raises(GitFailed):
        sync(company.ledger())
    assert tips(company, "alice") == mine
    (company.path / "away.git").rename(server)
    company.sync("alice", "carol")
    assert name_of(company, "carol", customer) == "Northern Hospital"


def test_a_damaged_wrap_file_from_the_server_is_named(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    ledger = company.ledger()
    file = f"{wraps_folder(customer)}/alice"

    tip = ledger.keyring.tip
    write(
        ledger.repo, [Change(ledger.keyring.ref, tip, {file: b"core 1 ???\n"}, "x\n")], ledger.identity.sign,
        author_of(ledger), ledger.now,
    )  # fmt: skip
    git(company.clone("alice"), "push", "-q", "origin", KEYRING)
    carol = company.ledger("carol")
    wraps = {**carol.keyring.wraps(wraps_folder(customer), "alice"), ("east/extra", 1): b"x"}

    change = Change(carol.keyring.ref, carol.keyring.tip, {file: write_wraps(wraps)}, "x\n")
    write(carol.repo, [change], carol.identity.sign, author_of(carol), carol.now)
    with pytest.raises(TrustBroken) as caught:
        sync(company.ledger("carol"))
    assert caught.value.where == file


def test_a_wrap_one_side_took_away_does_not_come_back_with_the_others(company: Company) -> None:
    customer = company.customer()
    company.sync("alice", "carol")
    file = f"{wraps_folder(customer)}/alice"

    def put(member: str, drop: str, add: str | None) -> None:
        ledger = company.ledger(member)
        wraps = {k: v for k, v in ledger.keyring.wraps(wraps_folder(customer), "alice").items() if k[0] != drop}
        if add:
            wraps[add, 1] = b"new"
        change = Change(ledger.keyring.ref, ledger.keyring.tip, {file: write_wraps(wraps)}, "x\n")
        write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)

    put("alice", "east/closed", None)
    git(company.clone("alice"), "push", "-q", "origin", KEYRING)
    put("carol", "", "east/extra")
    ledger = company.ledger("carol")
    changes: list[Change] = []
    git(company.clone("carol"), "fetch", "-q", "origin")
    syncing._keyring(ledger, changes, [])
    write(ledger.repo, changes, ledger.identity.sign, author_of(ledger), ledger.now)
    held = company.ledger("carol").keyring.wraps(wraps_folder(customer), "alice")
    assert ("east/closed", 1) not in held
    assert ("east/extra", 1) in held
