"""^C at any moment of a long command, sent to it and its children as a terminal does: 130, no trace, nothing by halves."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.at_a_terminal import Person
from tests.company import VISIT, Company
from tests.prepared import prepared
from tests.program import command, surroundings
from tests.under_review import ask_review, hand_in

_MOMENTS = 4
_PATIENCE_SECONDS = 120
VISIT_WORDS = [f"--set={name}={value}" for name, value in VISIT.items()]
COMMANDS = {
    "add": ("carol", ["add", "visit", "-c", "Northern", *VISIT_WORDS]),
    "sync": ("alice", ["sync"]),
    "import": ("carol", ["import", "apply"]),
    "review": ("carol", ["review", "approve", "--all"]),
    "cron": ("alice", ["cron"]),
    "report": ("alice", ["report", "customers", "--format", "pdf", "--out", "report.pdf"]),
}


@prepared
def busy(company: Company) -> Company:
    """Something waits for carol, alice has something to hand over, an import is planned."""
    customer = company.customer()
    ask_review(company)
    for name in ("Harbour Works", "Inland Works"):
        company.customer(name=name)
    hand_in(company, "alice")
    company.sync("carol")
    company.add("visit", VISIT, customer=customer)
    file = company.path / "in.csv"
    rows = "".join(f"New {n} Ltd,company,referral,contract,2026-11-20T09:00:00+08:00\n" for n in range(12))
    file.write_text(f"name,party_type,source,lawful_basis,obtained_at\n{rows}", encoding="utf-8")
    assert ended(start(company, "carol", ["import", "plan", "--kind", "customer", str(file)], company.path))[0] == 0
    return company


def start(company: Company, member: str, words: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("-C", str(company.clone(member)), *words), cwd=folder, env=surroundings(company.home),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=_PATIENCE_SECONDS)
    return process.returncode, out + err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_left_by_halves_whenever_it_comes(
    name: str, busy: Company, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    member, words = COMMANDS[name]
    before = time.monotonic()
    code, told = ended(start(busy.copy(tmp_path / "whole"), member, words, tmp_path_factory.mktemp("out")))
    lasts = time.monotonic() - before
    assert code == 0, told
    codes = []
    for moment in range(_MOMENTS):
        company, out = busy.copy(tmp_path / str(moment)), tmp_path_factory.mktemp("out")
        process = start(company, member, words, out)
        time.sleep(lasts * (moment + 0.7) / _MOMENTS)
        os.killpg(process.pid, signal.SIGINT)
        code, told = ended(process)
        codes.append(code)
        assert code in {0, 130}, told  # 0: it was done already
        assert "Traceback" not in told
        assert "mistake" not in told
        if code == 130:
            assert list(out.iterdir()) == []
        assert list(company.clone(member).glob(".git/**/*.lock")) in ([], locks(company, member))
        whole(company, member, [] if name == "import" and code == 0 else words, out)
    assert 130 in codes


def locks(company: Company, member: str) -> list[Path]:
    """The files that crmctl's own locks lie on: they stay, and nobody holds them."""
    return list(company.clone(member).glob(".git/crmctl/*.lock"))


def whole(company: Company, member: str, words: list[str], out: Path) -> None:
    """The same command goes through now, and there is nothing to find fault with."""
    for again in (words, ["check"], ["verify"]):
        if again:
            code, told = ended(start(company, member, again, out))
            assert code == 0, (again, told)
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=company.clone(member), capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="a terminal")
def test_at_a_question_it_ends_the_command_and_nothing_was_entered(busy: Company) -> None:
    before = busy.ledger("carol").repo.refs()
    carol = Person(busy, "carol", "add", "visit", "--customer", "Northern")
    carol.sees(": ")
    carol.types("\x03")
    assert carol.leaves() == 130
    assert "Traceback" not in carol.screen
    assert busy.ledger("carol").repo.refs() == before
