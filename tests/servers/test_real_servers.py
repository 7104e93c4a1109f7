"""Two members and their attackers over sshd and over HTTP: what gets in, what does not, and what the user reads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from crmctl.ledger.setup.enrol import leave
from crmctl.trust.hook import install
from tests.attacks.forgery import Forger, resealed
from tests.company import VISIT, Company, git
from tests.servers.over_the_wire import http_backend, sshd

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Site:
    """The company with its server behind a wire; `crmctl` is run as people run it."""

    company: Company
    address: str
    env: dict[str, str]

    def crmctl(self, member: str, *words: str, **env: str) -> tuple[int, str]:
        """A command at a member's copy: its exit code and all its words."""
        done = subprocess.run(
            [sys.executable, "-m", "crmctl", "-C", str(self.company.clone(member)), *words],
            env={**os.environ, **self.env, **env}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def push(self, member: str, *refspecs: str, **env: str) -> tuple[int, str]:
        """What an attacker's own Git does."""
        done = subprocess.run(
            ["git", "push", "--no-verify", "origin", *refspecs], cwd=self.company.clone(member),
            env={**os.environ, **self.env, **env}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stderr

    def main(self) -> str:
        """Where the server's main stands."""
        return git(self.company.path / "server.git", "rev-parse", "main").strip()


@pytest.fixture(params=["ssh", "http"])
def site(request: pytest.FixtureRequest, company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Everybody's copy points at the server on the loopback; the hook is installed."""
    company.customer("bob", name="Southern Works")
    company.sync("bob", "alice", "carol")
    install(company.path / "server.git")
    git(company.path / "server.git", "config", "http.receivepack", "true")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    wire = sshd(company.path / "wire") if request.param == "ssh" else http_backend(company.path)
    with wire as (address, more):
        env = more if isinstance(more, dict) else {}
        path = str(company.path / "server.git") if request.param == "ssh" else "/server.git"
        for member in ("alice", "bob", "carol"):
            git(company.clone(member), "remote", "set-url", "origin", address + path)
        yield Site(company, address + path, env)


def card(forger: Forger) -> str:
    return forger.paths("core/customer.yaml.age")[0]


def test_two_members_exchange_their_work(site: Site) -> None:
    company = site.company
    customer = company.customer("alice")
    company.customer("bob", name="Western Works")
    for member in ("alice", "bob", "carol", "alice"):
        code, said = site.crmctl(member, "sync")
        assert code == 0, said
    company.add("visit", VISIT, "carol", customer=customer)
    assert site.crmctl("carol", "sync")[0] == 0
    assert site.crmctl("alice", "sync")[0] == 0
    heads = {company.ledger(member).head for member in ("alice", "carol")}
    assert heads == {site.main()}
    code, said = site.crmctl("alice", "verify", "--full")
    assert code == 0, said


def test_a_new_copy_comes_over_the_wire(site: Site) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crmctl", "clone", site.address, str(site.company.path / "again"), "--as", "bob"],
        env={**os.environ, **site.env}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert git(site.company.path / "again", "rev-parse", "main").strip() == site.main()


def test_unsigned_and_forged_pushes_do_not_get_in(site: Site) -> None:
    bob, before = Forger(site.company, "bob"), site.main()
    tip = bob.main
    for more, code in (({"key": None}, "TRU010"), ({"who": bob.who("alice")}, "TRU013")):
        bob.set(tip)
        commit = bob.put("bob", resealed(bob, card(bob)), **more)
        result, said = site.push("bob", "main")
        assert result != 0
        assert f"[{code}]" in said
        assert commit[:10] in said
        assert site.main() == before


def test_a_leavers_backdated_commit_does_not_get_in(site: Site) -> None:
    leave(site.company.ledger(), "bob", date(2026, 11, 20))
    code, said = site.crmctl("alice", "sync")
    assert code == 0, said
    git_env = {**os.environ, **site.env}
    subprocess.run(["git", "fetch", "-q", "origin"], cwd=site.company.clone("bob"), env=git_env, check=True, timeout=60)
    bob, base = Forger(site.company, "bob"), site.main()
    bob.set(bob.forge("bob", resealed(bob, card(bob)), parents=[base]))
    # over HTTP the server's clock is this process's; over SSH it comes along as AcceptEnv allows it here
    later = "2026-12-01T10:00:00+08:00"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CRMCTL_NOW", later)
        result, said = site.push("bob", "main")
    assert result != 0
    assert "[TRU014]" in said
    assert site.main() == base


def test_a_forced_push_does_not_get_in(site: Site) -> None:
    before = site.main()
    for refspec, code in (("+main~1:main", "TRU071"), (":keyring/1", "TRU070")):
        bare = site.company.path / "server.git"
        for name in ("receive.denyDeletes", "receive.denyNonFastForwards"):
            git(bare, "config", name, "false")
        result, said = site.push("bob", refspec)
        assert result != 0
        assert f"[{code}]" in said
    assert site.main() == before


def test_the_servers_words_reach_who_syncs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hook knows a later day than this copy: what it refuses is told with commit, rule and next step."""
    site.company.add("visit", VISIT, "bob", customer=site.company.ledger("bob").dossier(
        Forger(site.company, "bob").paths("dossier.yaml")[0].split("/")[2]).id)  # fmt: skip
    hook = site.company.path / "server.git" / "hooks" / "pre-receive"
    hook.write_text(hook.read_text().replace("exec ", "CRMCTL_NOW=2026-11-01T10:00:00+08:00; export CRMCTL_NOW\nexec "))
    code, said = site.crmctl("bob", "sync")
    assert code == 8, said
    assert "The server refused" in said
    assert "TRU015" in said
    assert "Next:" in said
