"""The hook of a member's own copy: a real `git push` by hand is stopped here, crmctl's own pushes are not looked at."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from crmctl.cli.boundary import main as crmctl
from crmctl.errors import BadConfiguration
from crmctl.trust.outgoing import install_client
from tests.attacks.forgery import Forger, resealed, stranger
from tests.company import VISIT, Company, git
from tests.program import run as program

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def guarded(company: Company, monkeypatch: pytest.MonkeyPatch) -> Forger:
    """Bob at his copy, which has the hook; the server has his customer and no hook of its own."""
    company.customer("bob", name="Southern Works")
    company.sync("bob", "alice")
    install_client(company.clone("bob"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Forger(company, "bob")


def push(forger: Forger, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        ["git", "push", "origin", *words], cwd=forger.repo.path, capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C"}, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stderr


def server(company: Company) -> str:
    return git(company.path / "server.git", "rev-parse", "main").strip()


def card(forger: Forger) -> str:
    return forger.paths("core/customer.yaml.age")[0]


def test_an_honest_push_by_hand_leaves(company: Company, guarded: Forger) -> None:
    guarded.put("bob", resealed(guarded, card(guarded)))
    code, said = push(guarded, "main", "keyring/1")
    assert code == 0, said
    assert server(company) == guarded.main
    assert push(guarded, "main")[0] == 0


@pytest.mark.req("R-ACL-19")
@pytest.mark.parametrize("kind", ["unsigned", "spoofed", "foreign", "plaintext", "admin"])
def test_what_others_would_refuse_does_not_leave(company: Company, guarded: Forger, kind: str) -> None:
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
    assert "nothing was sent" in said
    assert server(company) == before
    assert push(guarded, "--no-verify", "main")[0] == 0, "it was the hook that stopped it"


def test_a_commit_made_by_hand_does_not_leave(company: Company, guarded: Forger) -> None:
    before, copy = server(company), company.clone("bob")
    (copy / "templates").mkdir(exist_ok=True)
    (copy / "templates" / "note.md").write_text("by hand\n")
    git(copy, "add", "templates")
    git(copy, "commit", "-q", "-m", "by hand")
    code, said = push(guarded, "main")
    assert code != 0
    assert "[TRU010]" in said
    assert server(company) == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("+main~1:main",), "TRU071"), ((":keyring/1",), "TRU070"), (("main:notes",), "TRU072"),
        (("main:refs/tags/v1",), "TRU072"),
    ],
)  # fmt: skip
def test_branches_no_server_takes(company: Company, guarded: Forger, words: tuple[str, ...], code: str) -> None:
    before = server(company)
    result, said = push(guarded, *words)
    assert result != 0
    assert f"[{code}]" in said
    assert server(company) == before


def test_crmctls_own_pushes_are_not_looked_at_again(company: Company, guarded: Forger) -> None:
    hook = company.clone("bob") / ".git" / "hooks" / "pre-push"
    trace = company.path / "looked"
    hook.write_text(hook.read_text().replace("exec ", f"touch {trace}\nexec "))
    customer = company.customer("bob", name="Third Works")
    company.add("visit", VISIT, "bob", customer=customer)
    done = program(company.clone("bob"), company.home, "sync")
    assert done.returncode == 0, done.stderr
    assert not trace.exists()
    guarded.put("bob", resealed(guarded, card(guarded)))
    assert push(guarded, "main")[0] == 0
    assert trace.exists()


def test_it_is_put_in_place_by_the_command(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    copy = str(company.clone("bob"))
    for _time in range(2):
        assert crmctl(["-C", copy, "hook", "install", "--client"]) == 0
        assert "pre-push" in capsys.readouterr().out
    assert os.access(company.clone("bob") / ".git" / "hooks" / "pre-push", os.X_OK)
    assert crmctl(["-C", copy, "hook", "install"]) == 2
    assert crmctl(["hook", "install", "--client", "x.git"]) == 2


def test_where_it_does_not_belong(company: Company) -> None:
    with pytest.raises(BadConfiguration, match="member's copy"):
        install_client(company.path / "server.git")
    copy = company.clone("bob")
    git(copy, "config", "core.hooksPath", "elsewhere")
    with pytest.raises(BadConfiguration, match="another folder"):
        install_client(copy)
    git(copy, "config", "--unset", "core.hooksPath")
    (copy / ".git" / "hooks").mkdir(exist_ok=True)
    (copy / ".git" / "hooks" / "pre-push").write_text("#!/bin/sh\nmake lint\n")
    with pytest.raises(BadConfiguration, match="another pre-push hook"):
        install_client(copy)
