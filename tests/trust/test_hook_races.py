"""Somebody lands while the hook judges another push: that push is tried again, and nobody is told of a broken ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.ledger.git.repository import Repository
from crmctl.trust.hook import Pushed, install, judge_push
from tests.attacks.forgery import Forger
from tests.company import VISIT, Company, git
from tests.program import run

ROOT = Path(__file__).resolve().parents[2]
MAIN = "refs/heads/main"


@pytest.fixture
def busy(company: Company, monkeypatch: pytest.MonkeyPatch) -> tuple[Company, str]:
    """Bob has work to hand in; alice's commit lies on the server and lands in the midst of the first push."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    customer = company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")
    server = company.path / "server.git"
    install(server)
    company.add("visit", VISIT, "bob", customer=customer)
    company.customer("alice", name="Northern Works")
    alice = company.ledger("alice").head
    git(server, "fetch", "-q", str(company.clone("alice")), "main", "keyring/1")
    return company, alice


def interrupted(company: Company, commit: str) -> Path:
    """The hook lets main move to `commit` first, once; the file that says it has."""
    hook, trace = company.path / "server.git" / "hooks" / "pre-receive", company.path / "moved"
    meanwhile = (
        f"if [ ! -e {trace} ]; then touch {trace}; env -u GIT_QUARANTINE_PATH -u GIT_OBJECT_DIRECTORY "
        f"-u GIT_ALTERNATE_OBJECT_DIRECTORIES git update-ref {MAIN} {commit}; fi\n"
    )
    hook.write_text(hook.read_text().replace("exec ", f"{meanwhile}exec "))
    return trace


def test_who_came_second_fetches_and_tries_again(busy: tuple[Company, str]) -> None:
    company, alice = busy
    trace = interrupted(company, alice)
    done = run(company.clone("bob"), company.home, "sync")
    assert trace.exists()
    assert done.returncode == 0, done.stderr
    assert "TRU" not in done.stderr
    server = company.path / "server.git"
    head = company.ledger("bob").head
    assert git(server, "rev-parse", "main").strip() == head
    assert git(server, "merge-base", "--is-ancestor", alice, head) == ""


def test_a_push_onto_an_old_state_is_left_to_git_and_git_refuses_it(busy: tuple[Company, str]) -> None:
    company, alice = busy
    bob = Forger(company, "bob")
    interrupted(company, alice)
    before = bob.repo.run_quietly("push", "--no-verify", "--porcelain", "origin", "main")
    assert before.returncode != 0
    assert b"TRU" not in before.stdout + before.stderr
    assert git(company.path / "server.git", "rev-parse", "main").strip() == alice


def test_what_is_wrong_is_told_when_nobody_came_before(busy: tuple[Company, str]) -> None:
    company, alice = busy
    server = Repository(company.path / "server.git")
    old = server.resolve(MAIN)
    orphan = git(
        server.path,
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@x",
        "commit-tree",
        "-p",
        old or "",
        "-m",
        "x",
        f"{alice}^{{tree}}",
    )
    codes = {finding.code for finding in judge_push(server, [Pushed(MAIN, old, orphan.strip())])}
    assert "TRU010" in codes
