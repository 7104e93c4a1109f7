"""Registration numbers: skipped, given twice, changed, taken away, or for what main does not hold."""

from __future__ import annotations

import subprocess

import pytest

from crmctl.ledger.changing.numbering import give_numbers
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.sync import sync
from crmctl.model.numbers import Number, number_path
from crmctl.trust.gate import Gate
from tests.attacks.forgery import Forger, codes
from tests.company import Company


def letter(company: Company, member: str = "alice") -> str:
    values: dict[str, object] = {
        "direction": "out", "party": "Northern Hospital", "subject": "Offer", "drafted_by": member, "state": "drafted",
    }  # fmt: skip
    return company.add("correspondence", values, member, department="east").id


def number(record: str, n: int, series: str = "letters", dossier: str = "office/east") -> dict[str, bytes]:
    made = Number(series, n, record, dossier, "letters")
    return {made.path: dump(made.encode())}


@pytest.fixture
def letters(company: Company) -> tuple[Forger, str, str]:
    """Two letters on alice's main that have no number yet."""
    return Forger(company), letter(company), letter(company)


def test_the_honest_twin_is_clean(company: Company, letters: tuple[Forger, str, str]) -> None:
    forger, one, two = letters
    forger.put("bob", number(one, 1))
    forger.put("carol", number(two, 2))
    assert codes(company) == set()


@pytest.mark.req("R-AUD-14")
def test_a_number_left_out(company: Company, letters: tuple[Forger, str, str]) -> None:
    forger, one, _two = letters
    forger.put("alice", number(one, 2))
    assert codes(company) == {"TRU092"}


@pytest.mark.req("R-AUD-14")
def test_two_numbers_for_one_letter(company: Company, letters: tuple[Forger, str, str]) -> None:
    forger, one, _two = letters
    forger.put("alice", number(one, 1))
    forger.put("alice", number(one, 2))
    assert codes(company) == {"TRU094"}


def test_two_numbers_for_one_letter_in_one_change(company: Company, letters: tuple[Forger, str, str]) -> None:
    forger, one, _two = letters
    forger.put("alice", number(one, 1) | number(one, 2))
    assert codes(company) == {"TRU094"}


def test_a_number_for_what_is_not_there(company: Company, letters: tuple[Forger, str, str]) -> None:
    forger, _one, _two = letters
    forger.put("alice", number("LT-7Q2M9K4T00", 1))
    assert codes(company) == {"TRU093"}


def test_a_number_in_a_series_no_kind_has(company: Company, letters: tuple[Forger, str, str]) -> None:
    forger, one, _two = letters
    forger.put("alice", number(one, 1, "bribes"))
    assert codes(company) == {"TRU093"}


def test_a_number_and_its_letter_in_one_change(company: Company) -> None:
    """Never before it is on main: a number that comes along with its letter is none."""
    forger = Forger(company)
    main = forger.main
    made = letter(company)
    path = forger.paths(f"{made}.yaml.age")[0]
    edits = {
        change.path: forger.repo.read_blob(change.new_oid or "") for change in forger.repo.changed(main, forger.main)
    }
    assert path in edits
    forger.put("alice", {**edits, **number(made, 1)}, parents=[main])
    assert codes(company) == {"TRU093"}


@pytest.mark.parametrize("content", [None, b"schema: crmctl/number/1\nrecord: LT-7Q2M9K4T00\n"])
def test_a_number_taken_away_or_changed(
    company: Company, letters: tuple[Forger, str, str], content: bytes | None
) -> None:
    forger, one, two = letters
    forger.put("alice", number(one, 1))
    made = content and next(iter(number(two, 1).values()))
    forger.put("alice", {number_path("letters", 1): made})
    found = codes(company)
    assert "TRU040" in found
    assert found <= {"TRU040", "TRU093", "TRU094"}


def test_a_file_that_is_no_number(company: Company, letters: tuple[Forger, str, str]) -> None:
    forger, _one, _two = letters
    forger.put("alice", {"numbers/letters/note.yaml": b"schema: x\n"})
    assert codes(company) == {"TRU092"}


@pytest.mark.req("R-AUD-14")
def test_a_server_that_proves_refuses_a_gap_and_takes_the_next_number(company: Company) -> None:
    """The hook on the server: numbers given with plain Git meet the same rules as those of a sync."""
    from crmctl.trust.hook import install

    made = letter(company)
    git_dir = company.path / "server.git"
    install(git_dir)
    sync(company.ledger(), gate=Gate())
    assert Ledger(company.clone("alice"), home=company.home).repo.entry("main", number_path("letters", 1))
    forger = Forger(company)
    second = letter(company, "alice")
    forger.repo.run("push", "-q", "origin", "main", "keyring/1")
    forger.put("alice", number(second, 3))
    done = subprocess.run(
        ["git", "push", "origin", "main"], cwd=company.clone("alice"), capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "TRU092" in done.stderr
    forger.set(forger.repo.resolve("origin/main") or "")
    assert give_numbers(company.ledger().landed, Gate()) == 1
    assert made
