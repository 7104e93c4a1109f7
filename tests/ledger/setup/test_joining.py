"""A copy of one's own: whole and claimed, or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, CrmctlError, InvalidInput, NoKey, NotFound, TrustBroken
from crmctl.ledger.ledger import whose_clone
from crmctl.ledger.setup.joining import join
from tests.company import Company, git


def test_a_copy_knows_whose_it_is_and_holds_only_clear_files(company: Company) -> None:
    company.customer()
    company.sync("alice")
    ledger = join(str(company.path / "server.git"), company.path / "new", "carol")
    assert whose_clone(ledger.repo) == "carol"
    assert ledger.keyring.tip == company.ledger("alice").keyring.tip
    assert not [entry for entry in (company.path / "new").rglob("*.age") if ".git" not in entry.parts]
    assert git(company.path / "new", "status", "--porcelain") == ""
    assert git(company.path / "new", "fsck", "--strict").strip() == ""


def test_a_servers_default_branch_is_no_obstacle(company: Company) -> None:
    git(company.path / "server.git", "symbolic-ref", "HEAD", "refs/heads/keyring/1")
    ledger = join(str(company.path / "server.git"), company.path / "new", "carol")
    assert ledger.head == company.ledger("alice").head
    assert git(company.path / "new", "rev-parse", "--abbrev-ref", "HEAD").strip() == "main"


def test_a_name_that_is_none_is_refused_before_anything_is_fetched(company: Company) -> None:
    for member in ("Carol", "卡罗", "../carol", "east.supervisor", "", "a b"):
        with pytest.raises(InvalidInput):
            join(str(company.path / "server.git"), company.path / "new", member)
    assert not (company.path / "new").exists()


def spoil(company: Company, fault: str) -> None:
    server = company.path / "server.git"
    if fault == "no keyring":
        git(server, "update-ref", "-d", "refs/heads/keyring/1")
    elif fault == "another keyring":
        git(server, "update-ref", "refs/heads/keyring/1", "refs/heads/main")
    elif fault == "no ledger":
        git(server, "update-ref", "-d", "refs/heads/main")
    else:
        git(server, "update-ref", "refs/heads/main", "refs/heads/keyring/1")


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("no keyring", NotFound), ("another keyring", TrustBroken), ("no ledger", NotFound),
        ("not a ledger", BadConfiguration),
    ],
)  # fmt: skip
def test_what_is_no_whole_ledger_leaves_nothing_behind(
    company: Company, fault: str, error: type[CrmctlError], *, there: bool
) -> None:
    spoil(company, fault)
    target = company.path / "new"
    if there:
        target.mkdir()
    with pytest.raises(error):
        join(str(company.path / "server.git"), target, "carol")
    assert target.exists() == there
    assert not there or list(target.iterdir()) == []


def test_somebody_without_keys_here_is_told_when_they_are_needed(company: Company, tmp_path: Path) -> None:
    ledger = join(str(company.path / "server.git"), company.path / "new", "zoe")
    with pytest.raises(NoKey) as caught:
        _ = ledger.member
    assert "zoe" in caught.value.what
