"""The workflows for hosted forges: they read as YAML, pin what they use, and their own shell steps do their work."""

from __future__ import annotations

import base64
import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from crmctl import __version__
from crmctl.cli.boundary import main as crmctl
from crmctl.errors import Conflict, InvalidInput, Refused
from crmctl.ledger.checking.check import check
from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.setup.ci_files import PLACES, host_of, install, workflow
from crmctl.trust.gate import Gate
from tests.attacks.forgery import Forger, resealed
from tests.company import Company, git

ROOT = Path(__file__).resolve().parents[2]
HOSTS = sorted(PLACES)
PINNED = re.compile(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}")
SECRET = "CRMCTL_KEYS"


def parsed(host: str) -> dict[str, Any]:
    found = load(workflow(host).encode(), host)
    assert isinstance(found, dict)
    return found


def jobs(host: str) -> dict[str, Any]:
    if host == "gitlab":
        return {name: parsed(host)[name] for name in ("prove", "open")}
    return dict(parsed(host)["jobs"])


def scripts(host: str, job: str) -> list[tuple[str, dict[str, str]]]:
    """The job's shell steps in order, each with variables of its own; installing crmctl is left out."""
    found = jobs(host)[job]
    if host == "gitlab":
        return [
            (text, {}) for text in [*parsed(host)["default"]["before_script"], *found["script"]] if "pip" not in text
        ]
    steps = [step for step in found["steps"] if "run" in step and "pip" not in step["run"]]
    return [(step["run"], step.get("env", {})) for step in steps]


@dataclass
class Runner:
    """A forge's machine: a whole clone, a commit checked out, crmctl on the path, none of our keys."""

    company: Company
    path: Path

    def run(self, host: str, job: str, *, target: str = "main", keys: str = "") -> tuple[int, str]:
        told = ""
        for text, own in scripts(host, job):
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", text], cwd=self.path / "copy", env=self._env(target, keys, own),
                capture_output=True, text=True, check=False, timeout=120,
            )  # fmt: skip
            told += done.stdout + done.stderr
            if done.returncode:
                return done.returncode, told
        return 0, told

    def checkout(self, commit: str) -> None:
        """As `actions/checkout` leaves it: all branches fetched, this commit checked out, on no branch."""
        copy = self.path / "copy"
        git(self.path, "clone", "-q", "--no-checkout", str(self.company.path / "server.git"), "copy")
        git(copy, "checkout", "-q", "--detach", commit)
        git(copy, "branch", "-q", "-D", "main")

    def _env(self, target: str, keys: str, own: Mapping[str, str]) -> dict[str, str]:
        bin_ = self.path / "bin"
        bin_.mkdir(exist_ok=True)
        program = bin_ / "crmctl"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m crmctl "$@"\n')
        program.chmod(0o755)
        assert set(own) <= {SECRET}, "every variable a step is given is known here"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CRMCTL_", "CI_"))}
        return kept | {
            "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "CRMCTL_LANG": "en", "TARGET": target,
            "CRMCTL_NOW": os.environ["CRMCTL_NOW"], "HOME": str(self.path), "RUNNER_TEMP": str(self.path / "temp"),
            "CRMCTL_HOME": str(self.path / "nobody"), "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": target, SECRET: keys,
        }  # fmt: skip


@pytest.fixture
def runner(company: Company, tmp_path: Path) -> Runner:
    """The server holds a customer of bob's and one of the east."""
    company.customer("bob", name="Southern Works")
    company.customer("alice")
    company.sync("bob", "alice", "carol", "bob", "alice")
    made = Runner(company, tmp_path / "runner")
    (made.path / "temp").mkdir(parents=True)
    return made


def offered(company: Company, kind: str) -> str:
    """A branch of bob's on the server with one commit more than main; its tip."""
    bob = Forger(company, "bob")
    path = next(path for path in bob.paths("core/customer.yaml.age") if _readable(company, path, "bob"))
    edits = resealed(bob, path)
    if kind == "honest":
        commit = bob.forge("bob", edits)
    elif kind == "unsigned":
        commit = bob.forge("bob", edits, key=None)
    else:
        commit = bob.forge("bob", {path: b"name: Southern Works\n"})
    git(company.clone("bob"), "push", "-q", "--no-verify", "origin", f"{commit}:refs/heads/offer")
    return commit


def keys_of(company: Company, member: str) -> str:
    """The secret, packed as the README says."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(company.home / "identities" / member, arcname=member)
    return base64.b64encode(packed.getvalue()).decode()


@pytest.mark.parametrize("host", HOSTS)
def test_what_it_uses_is_pinned_and_it_sees_the_whole_history(host: str) -> None:
    text = workflow(host)
    for job in jobs(host).values():
        uses = [step["uses"] for step in job.get("steps", []) if "uses" in step]
        assert all(PINNED.fullmatch(use) for use in uses), uses
        if host != "gitlab":
            assert uses
            assert [step["with"]["fetch-depth"] for step in job["steps"] if "checkout" in step.get("uses", "")] == [0]
    if host == "gitlab":
        assert parsed(host)["variables"]["GIT_DEPTH"] == "0"
        assert "latest" not in parsed(host)["default"]["image"]
    else:
        assert parsed(host)["permissions"] == {"contents": "read"}
    assert f'CRMCTL_PACKAGE: "crmctl=={__version__}"' in text
    assert "@PACKAGE@" not in text
    assert "pull_request_target" not in text, "it would run with the secrets of main on anybody's branch"


@pytest.mark.parametrize("host", HOSTS)
def test_only_main_sees_the_auditors_keys(host: str) -> None:
    prove, opens = jobs(host)["prove"], jobs(host)["open"]
    assert SECRET not in str(prove)
    assert SECRET in str(opens)
    condition = str(opens.get("if") or opens.get("rules"))
    assert "refs/heads/main" in condition or "CI_DEFAULT_BRANCH" in condition


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("kind", "code"), [("honest", ""), ("unsigned", "TRU010"), ("plaintext", "TRU033")])
@pytest.mark.req("R-ACL-26")
def test_a_pull_request_is_proved_without_keys(runner: Runner, host: str, kind: str, code: str) -> None:
    runner.checkout(offered(runner.company, kind))
    ended, told = runner.run(host, "prove")
    assert (ended == 0) is (not code), told
    assert code in told


@pytest.mark.parametrize("host", HOSTS)
def test_main_is_proved_from_its_beginning(runner: Runner, host: str) -> None:
    runner.checkout("origin/main")
    ended, told = runner.run(host, "prove")
    assert ended == 0, told
    assert "commits verified: 0 faults" in told
    if host == "gitlab":
        report = ET.fromstring((runner.path / "copy" / "crmctl-check.xml").read_text())
        assert report.attrib["failures"] == "0"


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.req("R-ACL-26")
def test_with_the_auditors_keys_main_is_opened_too(runner: Runner, host: str) -> None:
    """A reader seals nonsense: no signature tells, whoever opens it does."""
    company = runner.company
    alice = Forger(company, "alice")
    path = next(path for path in alice.paths("core/customer.yaml.age") if _readable(company, path))
    dossier = company.ledger().dossier(path.split("/")[2])
    alice.put("alice", {path: seal(b"not: a record\n", dossier.compartments["core"].key)})
    git(company.clone("alice"), "push", "-q", "--no-verify", "origin", "main")
    runner.checkout("origin/main")
    ended, told = runner.run(host, "prove")
    assert ended == 0, told
    ended, told = runner.run(host, "open")
    assert ended == 0
    assert "nothing was opened" in told
    ended, told = runner.run(host, "open", keys=keys_of(company, "carol"))
    assert ended == 1, told
    report = (runner.path / "copy" / "crmctl-check.xml").read_text() if host == "gitlab" else told
    assert "CHK008" in report
    assert path in report


def _readable(company: Company, path: str, member: str = "carol") -> bool:
    ledger = company.ledger(member)
    return ledger.ring.can_open(ledger.dossier(path.split("/")[2]), "core")


def test_an_admin_puts_it_in_and_everybody_takes_it(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    copy = str(company.clone("alice"))
    assert crmctl(["-C", copy, "ci", "install", "--github", "--dry-run"]) == 0
    assert capsys.readouterr().out == workflow("github")
    assert company.ledger().repo.read("main", PLACES["github"]) is None
    for host in HOSTS:
        assert crmctl(["-C", copy, "ci", "install", f"--{host}"]) == 0
        assert company.ledger().repo.read("main", PLACES[host]) == workflow(host).encode()
        before = company.ledger().head
        assert crmctl(["-C", copy, "ci", "install", f"--{host}"]) == 0
        assert company.ledger().head == before
    ledger = company.ledger()
    Gate().given(ledger.repo, ledger.head, ledger.keyring.tip)
    assert check(ledger, keyless=True).findings == ()
    assert crmctl(["-C", copy, "ci", "install", "--github", "--gitlab"]) == 2


def test_nobody_else_puts_it_in_and_no_other_workflow_belongs_there(company: Company) -> None:
    with pytest.raises(Refused):
        install(company.ledger("bob"), "github")
    bob = Forger(company, "bob")
    for path in PLACES.values():
        bob.put("bob", {path: b"on: push\n"})
        with pytest.raises(Exception, match="may not do this"):
            Gate().given(bob.repo, bob.main, bob.keyring)
        bob.set(f"{bob.main}~1")
    alice = Forger(company, "alice")
    alice.put("alice", {".github/workflows/other.yml": b"on: push\n"})
    with pytest.raises(Exception, match="does not belong"):
        Gate().given(alice.repo, alice.main, alice.keyring)


def test_another_file_is_replaced_only_when_that_is_said(company: Company) -> None:
    install(company.ledger(), "gitlab", "crmctl==9")
    with pytest.raises(Conflict):
        install(company.ledger(), "gitlab")
    assert install(company.ledger(), "gitlab", replace=True).changed
    assert "crmctl==9" not in (company.ledger().repo.read("main", PLACES["gitlab"]) or b"").decode()


@pytest.mark.parametrize("package", ['x"; curl evil', "a\nb: c", "$(id)", "-e .", "`id`", "x;y", ""])
def test_a_package_is_a_package_and_no_more(package: str) -> None:
    if package:
        with pytest.raises(InvalidInput):
            workflow("github", package)
    else:
        assert __version__ in workflow("github", package)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("git@github.com:x/y.git", "github"), ("https://gitlab.example/x.git", "gitlab"),
        ("https://codeberg.org/x/y", "gitea"),
    ],
)  # fmt: skip
def test_the_forge_is_known_by_its_address(company: Company, url: str, host: str) -> None:
    git(company.clone("alice"), "remote", "set-url", "origin", url)
    assert host_of(company.ledger()) == host
