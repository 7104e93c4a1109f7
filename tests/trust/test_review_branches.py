"""What was handed in, proved before it is shown; what a server takes beside main, by real pushes."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.keys.identity import create
from crmctl.ledger.keys.keyring import wrap
from crmctl.model.clear_files import encode_delegations
from crmctl.model.org import Delegation, Member, Role
from crmctl.model.wraps import write_wraps
from crmctl.rules.slots import choices
from crmctl.trust.hook import install
from crmctl.trust.review import judged
from tests.attacks.forgery import AT, resealed
from tests.attacks.reviews import Reviews, reviews
from tests.company import Company, git

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 11, 20)
WEST = "verify head west"


def push(forger: Reviews, *refspecs: str, pusher: str | None = None) -> tuple[int, str]:
    """A push as anybody's Git makes it; `pusher` where the server knows who it is."""
    env = {**os.environ, "LC_ALL": "C", **({"REMOTE_USER": pusher} if pusher else {})}
    done = subprocess.run(
        ["git", "push", "--no-verify", "origin", *refspecs],
        cwd=forger.repo.path, capture_output=True, text=True, check=False, env=env,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.fixture
def bobs(company: Company) -> tuple[Reviews, str]:
    return reviews(company)


@pytest.fixture
def guarded(company: Company, bobs: tuple[Reviews, str], monkeypatch: pytest.MonkeyPatch) -> tuple[Reviews, str]:
    """The same with a server that has the rules and the hook."""
    forger, change = bobs
    push(forger, "main")
    install(company.path / "server.git")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("CRMCTL_PUSHER", "GL_USERNAME", "GL_USER", "GITEA_PUSHER_NAME", "REMOTE_USER"):
        monkeypatch.delenv(name, raising=False)
    return forger, change


def test_what_was_handed_in_is_proved(bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    bundle = forger.bundle("bob", change)
    seen = judged(forger.repo, bundle, main=forger.main)
    assert seen.findings == ()
    assert (seen.bundle, seen.authors, seen.changes, seen.base) == (bundle, ("bob",), (change,), forger.main)
    assert [str(slot) for item in seen.open for slot in item.ready] == ["verify supervisor/head"]
    assert not seen.lands
    top = forger.slot("alice", bundle, WEST)
    seen = judged(forger.repo, top, main=forger.main)
    assert seen.lands
    assert [given.member for given in seen.slots] == ["alice"]


def test_whom_it_may_be_given_by(company: Company, bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    delegation = Delegation("carol", "head", "west", DAY, DAY)
    forger.put("alice", {"org/delegations/alice.yaml": dump(encode_delegations([delegation]))})
    seen = judged(forger.repo, forger.bundle("bob", change), main=forger.main)
    org = company.ledger().in_force.org
    given = {name: choices(seen.open, org, org.members[name], seen.authors, DAY) for name in ("alice", "bob", "carol")}
    assert [(c.role, c.department, c.stands_for) for c in given["alice"]] == [("head", "west", None)]
    assert given["bob"] == ()
    assert [(c.role, c.department, c.stands_for) for c in given["carol"]] == [("head", "west", "alice")]


def test_what_is_wrong_is_told_and_never_raised(bobs: tuple[Reviews, str]) -> None:
    forger, change = bobs
    card = next(path for path in forger.edits(change) if path.endswith("customer.yaml.age"))
    slipped = forger.bundle("bob", change, more={card: b"plain"})
    assert {finding.code for finding in judged(forger.repo, slipped, main=forger.main).findings} == {"TRU020"}
    plain = forger.forge("bob", {card: b"plain"}, parents=[change], base=change)
    findings = judged(forger.repo, forger.bundle("bob", plain), main=forger.main).findings
    assert {finding.code for finding in findings} == {"TRU033"}
    assert {finding.code for finding in judged(forger.repo, change, main=forger.main).findings} == {"TRU085"}
    assert {finding.code for finding in judged(forger.repo, forger.main, main=forger.main).findings} == {"TRU024"}


def test_what_main_changed_as_well_is_told(company: Company) -> None:
    customer = company.customer("alice")
    forger = Reviews(company)
    path = next(p for p in forger.paths("core/customer.yaml.age") if customer in p)
    change = forger.forge("alice", resealed(forger, path))
    bundle = forger.bundle("alice", change)
    forger.put("alice", resealed(forger, path))
    seen = judged(forger.repo, bundle, main=forger.main)
    assert seen.conflicts == (path,)
    assert not seen.lands


def test_a_server_takes_a_bundle_its_approval_and_its_landing(guarded: tuple[Reviews, str]) -> None:
    forger, change = guarded
    bundle = forger.bundle("bob", change)
    assert push(forger, f"{bundle}:refs/heads/review/bob/1")[0] == 0
    top = forger.slot("alice", bundle, WEST)
    code, said = push(forger, f"{top}:refs/heads/review/bob/1")
    assert code == 0, said
    assert push(forger, ":refs/heads/review/bob/1", pusher="carol")[0] != 0, "not hers, and not on main yet"
    forger.land("carol", top)
    code, said = push(forger, "main", ":refs/heads/review/bob/1", pusher="carol")
    assert code == 0, said


def test_a_server_refuses_what_does_not_prove_true(guarded: tuple[Reviews, str]) -> None:
    forger, change = guarded
    card = next(path for path in forger.edits(change) if path.endswith("customer.yaml.age"))
    plain = forger.forge("bob", {card: b"name: plain"}, parents=[change], base=change)
    for commit, code in (
        (forger.bundle("bob", plain), "TRU033"),
        (forger.bundle("bob", change, more={"notes.txt": b"x"}), "TRU020"),
        (forger.slot("carol", forger.bundle("bob", change), WEST), "TRU083"),
        (change, "TRU085"),
    ):
        status, said = push(forger, f"{commit}:refs/heads/review/bob/1")
        assert status != 0
        assert code in said


def test_only_its_member_replaces_a_bundle(guarded: tuple[Reviews, str]) -> None:
    forger, change = guarded
    assert push(forger, f"{forger.bundle('bob', change)}:refs/heads/review/bob/1")[0] == 0
    foreign = forger.bundle("carol", change)
    status, said = push(forger, f"+{foreign}:refs/heads/review/bob/1")
    assert status != 0
    assert "TRU071" in said
    card = next(path for path in forger.edits(change) if path.endswith("dossier.yaml"))
    grown = forger.forge("bob", {card: forger.repo.read(change, card)}, parents=[change], base=change, message="more\n")
    again = forger.forge("bob", forger.edits(grown), parents=[forger.main, grown], base=forger.main,
                         message="submit 2 changes\n\nCrmctl-Action: submit\n")  # fmt: skip
    code, said = push(forger, f"+{again}:refs/heads/review/bob/1")
    assert code == 0, said
    assert push(forger, ":refs/heads/review/bob/1", pusher="bob")[0] == 0


def test_main_and_keyring_still_only_go_forward(guarded: tuple[Reviews, str]) -> None:
    forger, _change = guarded
    old = forger.repo.commit(forger.main).parents[0]
    status, said = push(forger, f"+{old}:refs/heads/main")
    assert status != 0
    assert "TRU071" in said
    status, said = push(forger, ":refs/heads/keyring/1")
    assert status != 0
    assert "TRU070" in said


def test_an_outbox_is_its_members_and_holds_wraps(company: Company, guarded: tuple[Reviews, str]) -> None:
    forger, _change = guarded
    org = company.ledger().in_force.org
    lines = write_wraps({("core", 1): wrap("AGE-SECRET-KEY-1X", "bob", org)})

    def outbox(member: str, path: str, content: bytes, parents: list[str] | None = None) -> str:
        change = Change(None, None, {path: content}, "keys\n", parents=parents or [])
        return write(forger.repo, [change], forger.signing(member), forger.who(member), AT)[0]

    good = outbox("bob", "dossiers/7q/C-7Q2M9K4T/bob", lines)
    code, said = push(forger, f"{good}:refs/heads/outbox/bob")
    assert code == 0, said
    again = outbox("bob", "dossiers/7q/C-7Q2M9K4T/carol", lines)
    assert push(forger, f"+{again}:refs/heads/outbox/bob")[0] == 0, "it is made anew each time"
    for commit, code_said in (
        (outbox("carol", "dossiers/7q/C-7Q2M9K4T/bob", lines), "TRU071"),
        (outbox("bob", "notes.txt", b"hello"), "TRU066"),
        (outbox("bob", "dossiers/7q/C-7Q2M9K4T/bob", b"core 1 hello\n"), "TRU066"),
        (outbox("bob", "dossiers/7q/C-7Q2M9K4T/bob", lines, [forger.main]), "TRU016"),
    ):
        status, said = push(forger, f"+{commit}:refs/heads/outbox/bob")
        assert status != 0
        assert code_said in said
    assert git(company.path / "server.git", "rev-parse", "outbox/bob").strip() == again


def test_a_branch_of_somebody_who_has_no_part_in_it(company: Company, guarded: tuple[Reviews, str]) -> None:
    forger, change = guarded
    keys = create(company.home, "dave", None)
    dave = Member("dave", "Dave", (Role("sales", "west", DAY),), keys.opens, keys.signs, DAY)
    forger.members(dave)
    assert push(forger, "main")[0] == 0
    status, said = push(forger, f"{forger.bundle('bob', change)}:refs/heads/review/dave/1")
    assert status != 0
    assert "TRU072" in said
