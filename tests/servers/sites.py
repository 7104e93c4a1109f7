"""A company whose server is real: its members reach it through sshd, gitolite or git http-backend, each under his own name."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmctl.trust.hook import install
from tests.company import Company, git
from tests.servers.gitolite import gitolite
from tests.servers.over_the_wire import HOST, PASSWORD, http_backend, sshd

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("sshd", "gitolite", "http-backend")
# gitolite itself lets everybody do everything: what is refused is refused by crmctl's hook
_ANYTHING = "    RW+ = @all"


@dataclass(frozen=True)
class Site:
    """The company with its server behind a wire; `crmctl` and `git` are run as people run them."""

    company: Company
    bare: Path
    addresses: dict[str, str]
    envs: dict[str, dict[str, str]]

    def crmctl(self, member: str, *words: str, **env: str) -> tuple[int, str]:
        """A command at a member's copy: its exit code and all its words."""
        return self._run(member, [sys.executable, "-m", "crmctl", *words], env)

    def git(self, member: str, *words: str, at: Path | None = None, **env: str) -> tuple[int, str]:
        """What a member's own Git does."""
        return self._run(member, ["git", *words], env, at)

    def does(self, member: str, *words: str) -> str:
        """A command that must go well; its words."""
        code, said = self.crmctl(member, *words)
        assert code == 0, f"{member}: {words}: {said}"
        return said

    def is_refused(self, code: str, member: str, *refspecs: str, **env: str) -> None:
        """A push by hand that the server refuses by this rule, and that leaves every branch there as it was."""
        before = self.refs()
        result, said = self.git(member, "push", "--no-verify", "origin", *refspecs, **env)
        assert result != 0, said
        assert f"[{code}]" in said, said
        assert self.refs() == before

    def refs(self) -> str:
        """Every branch of the server's."""
        return git(self.bare, "for-each-ref")

    def main(self) -> str:
        """Where the server's main stands."""
        return git(self.bare, "rev-parse", "main").strip()

    def _run(self, member: str, words: list[str], env: dict[str, str], at: Path | None = None) -> tuple[int, str]:
        done = subprocess.run(
            words, cwd=at or self.company.clone(member), env={**os.environ, **self.envs[member], **env},
            capture_output=True, text=True, check=False, timeout=540,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


@contextlib.contextmanager
def site(kind: str, company: Company, members: Sequence[str]) -> Iterator[Site]:
    """Put the company's server behind a wire of this kind, with crmctl's hook; every member's copy points there."""
    bare = company.path / "server.git"
    with contextlib.ExitStack() as stack:
        if kind == "gitolite":
            server = stack.enter_context(gitolite(company.path / "git", members, [], _ANYTHING))
            git(server.bare, "fetch", "-q", str(bare), "+refs/heads/*:refs/heads/*")
            bare = server.bare
            addresses = dict.fromkeys(members, server.address)
            envs = {member: server.env(member) for member in members}
        elif kind == "sshd":
            address, env = stack.enter_context(sshd(company.path / "wire"))
            addresses, envs = dict.fromkeys(members, f"{address}{bare}"), dict.fromkeys(members, env)
        else:
            git(bare, "config", "http.receivepack", "true")
            _known, address = stack.enter_context(http_backend(company.path))
            port = address.rpartition(":")[2]
            addresses = {member: f"http://{member}:{PASSWORD}@{HOST}:{port}/server.git" for member in members}
            envs = {member: {} for member in members}
        install(bare)
        for name in ("receive.denyDeletes", "receive.denyNonFastForwards"):
            git(bare, "config", name, "false")  # Git itself would refuse before the hook is asked
        for member in members:
            git(company.clone(member), "remote", "set-url", "origin", addresses[member])
        yield Site(company, bare, addresses, envs)
