"""Hard surroundings: a folder that cannot be written, a full disk, two writers, stale locks, commits made by hand.

Whole commands; the ledger is as it was or as it was acknowledged.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from crmctl.errors import ExitCode
from crmctl.ledger.checking.check import check
from tests.company import CARD, VISIT, Company, git
from tests.program import answer, run, setting

NEW_CUSTOMER = ["add", "customer", *setting(**{**CARD, "name": "Brand New Clinic"}), "--json"]


def records(company: Company) -> set[str]:
    return {path for path, _oid in company.ledger().record_blobs()}


def sound(company: Company) -> bool:
    return not [f for f in check(company.ledger()).findings if f.severity == "error"]


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own; skips, visibly, where that is not allowed."""
    folder.mkdir(exist_ok=True)
    mounted = None
    if shutil.which("mount"):
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, check=False
        )
    if mounted is None or mounted.returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@contextmanager
def own_disk(company: Company, size: str = "24m") -> Iterator[Path]:
    """The copy of alice on a small file system of its own."""
    clone = company.clone("alice")
    away = company.path / "alice-away"
    clone.rename(away)
    with small_disk(clone, size):
        shutil.copytree(away, clone, symlinks=True, dirs_exist_ok=True)
        yield clone


def test_a_folder_that_cannot_be_written_is_still_read(company: Company) -> None:
    customer = company.customer()
    visit = company.add("visit", VISIT, customer=customer).id
    with own_disk(company) as clone:
        subprocess.run(["mount", "-o", "remount,ro", str(clone)], check=True, capture_output=True)
        for words in (("list", "customer"), ("show", customer), ("show", visit), ("check",), ("check", "--keyless")):
            done = run(clone, company.home, *words)
            assert done.returncode == 0, (words, done.stderr)
        assert answer(run(clone, company.home, "list", "visit", "--json"))[0]["id"] == visit
        done = run(clone, company.home, "doctor", "--json")
        assert '"DOC031"' in done.stdout
        file = company.path / "led.bundle"
        assert run(clone, company.home, "backup", str(file)).returncode == 0
        before = records(company)
        for words in (NEW_CUSTOMER, ["update", customer, "--set", "industry=health"], ["undo"]):
            done = run(clone, company.home, *[word for word in words if word != "--json"])
            assert done.returncode == ExitCode.GIT, (words, done.stderr)
            assert "Next:" in done.stderr
            assert CARD["name"] not in done.stderr
        assert records(company) == before


def fill(clone: Path, leave: int) -> Path:
    """Leave about that many bytes free."""
    filler = clone / ".git" / "filler"
    state = os.statvfs(clone)
    with filler.open("wb") as file, suppress(OSError):
        file.write(b"\1" * (state.f_bavail * state.f_frsize - leave))
    return filler


def test_a_full_disk(company: Company) -> None:
    customer = company.customer()
    scan = company.path / "scan.pdf"
    scan.write_bytes(os.urandom(300_000))
    attach = ["add", "qualification", "--customer", customer, *setting(what="business_licence", number="A-1")]
    attach += ["--set", f"scan={scan}", "--json"]
    refused = 0
    with own_disk(company) as clone:
        for leave in (0, 40_000, 200_000, 2_000_000):
            before = records(company)
            filler = fill(clone, leave)
            done = run(clone, company.home, *attach)
            filler.unlink()
            assert done.returncode in {0, ExitCode.GIT}, done.stdout + done.stderr
            if done.returncode == 0:
                named = answer(done)["id"]
                assert len({path for path in records(company) - before if named in path}) == 1
            else:
                refused += 1
                assert records(company) == before
            assert sound(company)
            assert run(clone, company.home, "list", "customer").returncode == 0
        assert refused >= 2
        assert answer(run(clone, company.home, *NEW_CUSTOMER, "--set", "name=After", "--json"))["id"]
        assert git(clone, "status", "--porcelain") == ""


def test_two_writers_lose_nothing_that_was_acknowledged(company: Company) -> None:
    customer = company.customer()
    words = ["add", "visit", "--customer", customer, *setting(**{k: str(v) for k, v in VISIT.items()}), "--json"]

    def writer(_number: int) -> list[str]:
        made = []
        while len(made) < 4:
            done = run(company.clone("alice"), company.home, *words)
            assert done.returncode in {0, ExitCode.CONFLICT}, done.stdout + done.stderr
            if done.returncode == 0:
                made.append(str(answer(done)["id"]))
        return made

    with ThreadPoolExecutor(2) as both:
        made = [name for names in both.map(writer, range(2)) for name in names]
    assert len(set(made)) == 8
    assert all(any(name in path for path in records(company)) for name in made)
    assert sound(company)
    assert git(company.clone("alice"), "status", "--porcelain") == ""


def test_a_stale_index_lock_costs_no_record(company: Company) -> None:
    lock = company.clone("alice") / ".git/index.lock"
    lock.touch()
    first = answer(run(company.clone("alice"), company.home, *NEW_CUSTOMER))["id"]
    second = answer(run(company.clone("alice"), company.home, *NEW_CUSTOMER, "--set", "name=Another"))["id"]
    assert not lock.exists()
    by_hand_keeps(company, {first, second})


def test_a_stale_lock_of_the_branch_is_mended_by_the_doctor(company: Company) -> None:
    before = records(company)
    (company.clone("alice") / ".git/refs/heads/main.lock").touch()
    refused = run(company.clone("alice"), company.home, *NEW_CUSTOMER[:-1])
    assert refused.returncode == ExitCode.CONFLICT
    assert "crmctl doctor" in refused.stderr
    assert records(company) == before
    assert run(company.clone("alice"), company.home, "doctor", "--fix").returncode == 0
    made = answer(run(company.clone("alice"), company.home, *NEW_CUSTOMER))["id"]
    by_hand_keeps(company, {made})


def by_hand_keeps(company: Company, made: set[str]) -> None:
    clone = company.clone("alice")
    before = records(company)
    assert all(any(name in path for path in before) for name in made)
    assert git(clone, "status", "--porcelain") == ""
    company_file = clone / "policy/company.yaml"
    company_file.write_text(company_file.read_text() + "# by hand\n")
    git(clone, "add", "policy/company.yaml")
    git(clone, "commit", "-q", "-m", "by hand")
    assert records(company) == before
    assert sound(company)


def test_a_commit_made_by_hand_after_crmctl_keeps_every_record(company: Company) -> None:
    customer = company.customer()
    company.add("visit", VISIT, customer=customer)
    by_hand_keeps(company, {customer})
    again = company.customer(name="After that")
    by_hand_keeps(company, {customer, again})
