"""The server's hook: a real `git push` into a bare repository, refused or taken, with the words that reach the pusher."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, TrustBroken
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.setup.enrol import leave
from crmctl.trust.hook import install
from tests.attacks.forgery import AT, KEYRING, Forger, resealed, stranger
from tests.company import NOW, Company, git
from tests.prepared import prepared

ROOT = Path(__file__).resolve().parents[2]


@prepared
def dealt_with(company: Company) -> None:
    """Bob's customer, on the server."""
    company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")


@pytest.fixture
def guarded(company: Company, dealt_with: None, monkeypatch: pytest.MonkeyPatch) -> Forger:
    """Bob at his clone; the server has his customer and the hook."""
    install(company.path / "server.git")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Forger(company, "bob")


def push(forger: Forger, *refspecs: str) -> tuple[int, str]:
    """A push as anybody's Git makes it."""
    done = subprocess.run(
        ["git", "push", "--no-verify", "origin", *refspecs],
        cwd=forger.repo.path, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    return done.returncode, done.stderr


def server(company: Company, ref: str = "main") -> str:
    return git(company.path / "server.git", "rev-parse", ref).strip()


def card(forger: Forger) -> str:
    return forger.paths("core/customer.yaml.age")[0]


def test_honest_pushes_get_in_one_after_the_other(company: Company, guarded: Forger) -> None:
    for _time in range(2):
        guarded.put("bob", resealed(guarded, card(guarded)))
        code, said = push(guarded, "main")
        assert code == 0, said
        assert server(company) == guarded.main
    company.customer("alice")
    company.sync("alice", "bob")
    assert server(company) == company.ledger("bob").head


@pytest.mark.parametrize("kind", ["unsigned", "spoofed", "foreign", "plaintext", "admin"])
def test_what_verify_refuses_does_not_get_in(company: Company, guarded: Forger, kind: str) -> None:
    before, edits = server(company), resealed(guarded, card(guarded))
    words = {
        "unsigned": ("TRU010", lambda: guarded.put("bob", edits, key=None)),
        "spoofed": ("TRU013", lambda: guarded.put("bob", edits, who=guarded.who("alice"))),
        "foreign": ("TRU013", lambda: guarded.put("bob", edits, key=stranger())),
        "plaintext": ("TRU033", lambda: guarded.put("bob", {card(guarded): b"name: X\n"})),
        "admin": ("TRU040", lambda: guarded.put("bob", {"policy/company.yaml": b"{}\n"})),
    }
    expected, forge = words[kind]
    forge()
    code, said = push(guarded, "main")
    assert code != 0
    assert f"[{expected}]" in said
    assert guarded.main[:10] in said, "which commit"
    assert "Next:" in said
    assert server(company) == before


def test_a_leavers_backdated_commit(company: Company, guarded: Forger, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(company.ledger(), "bob", date(2026, 11, 20))
    company.sync("alice")
    git(company.clone("bob"), "fetch", "-q", "origin")
    base = git(company.clone("bob"), "rev-parse", "origin/main").strip()
    guarded.set(guarded.forge("bob", resealed(guarded, card(guarded)), parents=[base], at=AT))
    monkeypatch.setenv("CRMCTL_NOW", "2026-11-23T10:00:00+08:00")
    code, said = push(guarded, "main")
    assert code != 0
    assert "bob is not a member on 2026-11-23 [TRU014]" in said
    monkeypatch.setenv("CRMCTL_NOW", NOW)
    assert push(guarded, "main")[0] == 0, "on his last day it is his"


@pytest.mark.parametrize(
    ("refspec", "code"),
    [
        (":main", "TRU070"), (":keyring/1", "TRU070"), ("+main~1:main", "TRU071"), ("+keyring/1~1:keyring/1", "TRU071"),
        ("main:review/bob/1", "TRU024"), ("main:refs/tags/v1", "TRU072"), ("keyring/1:keyring/2", "TRU072"),
    ],
)  # fmt: skip
def test_branches_only_go_forward_and_no_others_are_made(
    company: Company, guarded: Forger, refspec: str, code: str
) -> None:
    bare = company.path / "server.git"
    for name in ("receive.denyDeletes", "receive.denyNonFastForwards"):
        git(bare, "config", name, "false")  # the hook must not depend on them
    git(bare, "config", "receive.denyDeleteCurrent", "ignore")
    before = Repository(bare).refs()
    result, said = push(guarded, refspec)
    assert result != 0
    assert f"[{code}]" in said
    assert Repository(bare).refs() == before


def test_a_ghost_reader_in_the_keyring(company: Company, guarded: Forger) -> None:
    tip = guarded.keyring
    ghost = guarded.forge("bob", {"groups/east.supervisor/bob": b"x"}, parents=[tip], message="wrap 1 files\n")
    guarded.set(ghost, KEYRING)
    code, said = push(guarded, "keyring/1")
    assert code != 0
    assert "TRU066" in said
    assert server(company, "keyring/1") == tip


def test_a_whole_ledger_with_people_who_left_moves_to_a_new_server(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")
    leave(company.ledger(), "bob", date(2026, 11, 20))
    monkeypatch.setenv("CRMCTL_NOW", "2027-01-05T10:00:00+08:00")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    git(company.path, "init", "-q", "--bare", "-b", "main", "new.git")
    install(company.path / "new.git")
    git(company.clone("alice"), "remote", "set-url", "origin", str(company.path / "new.git"))
    code, said = push(Forger(company), "main", "keyring/1")
    assert code == 0, said


def test_the_hook_is_not_put_over_another_and_not_into_a_work_copy(company: Company) -> None:
    bare = company.path / "server.git"
    with pytest.raises(BadConfiguration):
        install(company.clone("alice"))
    install(bare)
    install(bare)
    (bare / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(BadConfiguration):
        install(bare)


def test_a_server_that_does_not_prove_true_is_told_at_once(company: Company) -> None:
    forger = Forger(company)
    forger.put("alice", {"templates/x.yaml": b"{}\n"}, key=None)
    push(forger, "main")
    with pytest.raises(TrustBroken):
        install(company.path / "server.git")
