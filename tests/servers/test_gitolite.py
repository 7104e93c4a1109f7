"""Three members with keys of their own over a real gitolite: their work gets in, forced pushes and foreign branches do not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from crmctl.trust.hook import install
from tests.attacks.forgery import Forger, resealed
from tests.company import VISIT, Company, git
from tests.servers.gitolite import Gitolite, gitolite

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ("alice", "bob", "carol")
# gitolite itself would let everybody do everything: what is refused is refused by crmctl's hook
ANYTHING = "    RW+ = @all"
# as docs/servers.md says; gitolite refuses first
CAREFUL = "    RW main$ keyring/ = alice bob carol\n    RW+ review/ outbox/ = alice bob carol"


@dataclass
class Site:
    company: Company
    server: Gitolite

    def crmctl(self, member: str, *words: str, at: Path | None = None) -> tuple[int, str]:
        return self._run(member, [sys.executable, "-m", "crmctl", *words], at or self.company.clone(member))

    def push(self, member: str, *refspecs: str) -> tuple[int, str]:
        words = ["git", "push", "--no-verify", "origin", *refspecs]
        return self._run(member, words, self.company.clone(member))

    def main(self) -> str:
        return git(self.server.bare, "rev-parse", "main").strip()

    def _run(self, member: str, words: list[str], where: Path) -> tuple[int, str]:
        done = subprocess.run(
            words, cwd=where, env={**os.environ, **self.server.env(member)}, capture_output=True, text=True,
            check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


def opened(company: Company, rules: str) -> Iterator[Site]:
    company.customer("bob", name="Southern Works")
    company.sync("bob", "alice", "carol")
    with gitolite(company.path / "git", MEMBERS, ["mallory"], rules) as server:
        git(server.bare, "fetch", "-q", str(company.path / "server.git"), "+refs/heads/*:refs/heads/*")
        install(server.bare)
        for member in MEMBERS:
            git(company.clone(member), "remote", "set-url", "origin", server.address)
        yield Site(company, server)


@pytest.fixture
def site(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    yield from opened(company, ANYTHING)


@pytest.fixture
def careful(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    yield from opened(company, CAREFUL)


@pytest.mark.parametrize("rules", ["site", "careful"])
def test_three_members_work_together(request: pytest.FixtureRequest, rules: str) -> None:
    site: Site = request.getfixturevalue(rules)
    customer = site.company.customer("alice")
    site.company.customer("bob", name="Western Works")
    for member in ("alice", "bob", "carol"):
        code, said = site.crmctl(member, "sync")
        assert code == 0, said
    site.company.add("visit", VISIT, "carol", customer=customer)
    for member in ("carol", "alice", "bob"):
        code, said = site.crmctl(member, "sync")
        assert code == 0, said
    assert {site.company.ledger(member).head for member in MEMBERS} == {site.main()}
    code, said = site.crmctl("bob", "verify", "--full")
    assert code == 0, said


def test_a_new_copy_comes_with_a_members_key_and_with_no_strangers(site: Site) -> None:
    words = ("clone", site.server.address)
    code, said = site.crmctl("bob", *words, str(site.company.path / "again"), "--as", "bob", at=site.company.path)
    assert code == 0, said
    assert git(site.company.path / "again", "rev-parse", "main").strip() == site.main()
    code, _said = site.crmctl("mallory", *words, str(site.company.path / "stolen"), "--as", "bob", at=site.company.path)
    assert code == 8
    assert not (site.company.path / "stolen").exists()


@pytest.mark.parametrize(
    ("refspec", "code"),
    [("+main~1:main", "TRU071"), (":keyring/1", "TRU070"), ("main:notes", "TRU072"), ("main:refs/tags/v1", "TRU072")],
)
@pytest.mark.req("R-ACL-19")
def test_forced_pushes_and_foreign_branches_do_not_get_in(site: Site, refspec: str, code: str) -> None:
    for name in ("receive.denyDeletes", "receive.denyNonFastForwards"):
        git(site.server.bare, "config", name, "false")
    before = git(site.server.bare, "for-each-ref")
    result, said = site.push("bob", refspec)
    assert result != 0
    assert f"[{code}]" in said
    assert git(site.server.bare, "for-each-ref") == before


def test_unsigned_work_does_not_get_in_and_honest_work_of_the_same_member_does(site: Site) -> None:
    bob, before = Forger(site.company, "bob"), site.main()
    path = bob.paths("core/customer.yaml.age")[0]
    tip = bob.main
    bob.put("bob", resealed(bob, path), key=None)
    result, said = site.push("bob", "main")
    assert result != 0
    assert "[TRU010]" in said
    assert site.main() == before
    bob.set(tip)
    bob.put("bob", resealed(bob, path))
    result, said = site.push("bob", "main")
    assert result == 0, said


def test_gitolites_own_rules_refuse_before_the_hook_is_asked(careful: Site) -> None:
    before = careful.main()
    for refspec in ("+main~1:main", "main:notes"):
        result, said = careful.push("bob", refspec)
        assert result != 0, said
    assert careful.main() == before
