"""An open ledger: found from inside, seen at another time, and only with the right keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.errors import BadConfiguration, NoKey, NotFound, TrustBroken
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger, check_envelope
from crmctl.model.paths import record_path
from tests.company import VISIT, Company


def test_it_is_found_from_any_folder_inside(company: Company, tmp_path: Path) -> None:
    inside = company.clone("alice") / "org" / "members"
    assert Ledger.find(inside).head == company.ledger().head
    with pytest.raises(NotFound):
        Ledger.find(tmp_path)


def test_a_day_means_its_last_state_in_the_ledgers_zone(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = {}
    for moment in (
        "2026-11-20T23:30:00+08:00",
        "2026-11-21T00:10:00+08:00",
        "2026-11-21T23:59:59+08:00",
        "2026-11-23T00:00:00+08:00",
    ):
        monkeypatch.setenv("CRMCTL_NOW", moment)
        company.customer(name=f"Works of {moment}")
        heads[moment] = company.ledger().head
    moments = list(heads)
    for day, moment in (
        ("2026-11-20", moments[0]), ("2026-11-21", moments[2]), ("2026-11-22", moments[2]), ("2026-11-23", moments[3]),
        ("2030-01-01", moments[3]),
    ):  # fmt: skip
        assert company.ledger(at=day).head == heads[moment]
    assert company.ledger(at=heads[moments[0]][:12]).head == heads[moments[0]]


@pytest.mark.parametrize(
    "at", ["2026-11-19", "1969-12-31", "1970-03-01", "2026-02-30", "deadbeef", "--all", "nothing", "main..main", ""]
)
def test_a_time_or_state_that_never_was_is_told(company: Company, at: str) -> None:
    with pytest.raises(NotFound):
        company.ledger(at=at)


def test_people_and_kinds_are_those_of_the_state_looked_at(company: Company) -> None:
    first = company.ledger().repo.run("rev-list", "--max-parents=0", "refs/heads/main").decode().split()[0]
    assert set(company.ledger(at=first).in_force.org.members) == {"alice"}
    assert set(company.ledger().in_force.org.members) == {"alice", "bob", "carol"}


def test_somebody_elses_keys_are_not_taken_for_ones_own(company: Company) -> None:
    other = company.path / "other-home"
    create(other, "alice", None)
    with pytest.raises(NoKey, match="not the one the ledger knows"):
        _ = Ledger(company.clone("alice"), home=other).identity


def test_a_copy_that_does_not_know_whose_it_is_asks_for_it(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    (company.clone("alice") / ".git" / "crmctl" / "member").unlink()
    with pytest.raises(BadConfiguration) as caught:
        _ = company.ledger().member_id
    assert "--as" in str(caught.value.hint)
    monkeypatch.setenv("CRMCTL_MEMBER", "carol")
    assert company.ledger().member.id == "carol"


def test_a_record_put_in_anothers_place_is_refused(company: Company) -> None:
    one, two = company.customer(), company.customer(name="Second")
    visit = company.add("visit", dict(VISIT), customer=one).id
    ledger = company.ledger()
    card, kind = ledger.in_force.kinds["customer"], ledger.in_force.kinds["visit"]
    record = ledger.read(record_path(kind, one, "east/sales", visit))
    for path in (
        record_path(kind, two, "east/sales", visit), record_path(kind, one, "east/service", visit),
        record_path(kind, one, "east/sales", "V-0000000000"), record_path(card, one, "core", one), "ledger.yaml",
    ):  # fmt: skip
        with pytest.raises(TrustBroken):
            check_envelope(record, path)
    sealed = ledger.repo.read(ledger.head, record_path(card, one, "core", one))
    assert sealed is not None
    with pytest.raises(NoKey):  # sealed to the other dossier's key
        ledger.open_record(record_path(card, two, "core", two), sealed)


def test_what_is_not_there_is_told(company: Company) -> None:
    ledger = company.ledger()
    with pytest.raises(NotFound):
        ledger.dossier("C-7Q2M9K4T")
    customer = company.customer()
    ledger = company.ledger()
    with pytest.raises(NotFound):
        ledger.read(record_path(ledger.in_force.kinds["visit"], customer, "east/sales", "V-0000000000"))
