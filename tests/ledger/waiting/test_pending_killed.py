"""Killed in the middle, a change that waits is there whole or not at all, with its keys."""

from __future__ import annotations

import pytest

from crmctl.ledger.changing import placing
from crmctl.ledger.checking.check import check
from crmctl.ledger.git.transaction import write
from crmctl.ledger.ledger import Ledger
from crmctl.model.dossier import wraps_folder
from crmctl.model.paths import record_path
from tests.company import VISIT, Company, git
from tests.under_review import ask_review

STEPS = ("planned", "locked", "stored", "journalled", "swapped", "indexed")


class Killed(BaseException):
    """Stands for SIGKILL: nothing below may catch it."""


@pytest.mark.parametrize("moment", STEPS)
def test_killed_while_writing_what_waits(company: Company, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    ask_review(company)
    first = company.customer()
    main = company.ledger().main

    def until(name: str) -> None:
        if name == moment:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(placing, "write", lambda *words, **more: write(*words, **more, step=until))
        with pytest.raises(Killed):
            company.customer(name="Western Clinic")
    ledger = company.ledger()
    done = moment in {"swapped", "indexed"}
    assert (ledger.main, len(ledger.pending.stacks)) == (main, 1 + done)
    assert all(opens(ledger, stack.changes[0].path.split("/")[2]) for stack in ledger.pending.stacks)
    company.add("visit", VISIT, customer=first)  # the next command works, and mends what was left
    company.sync("alice")
    ledger = company.ledger()
    assert len(ledger.pending.stacks) == 1 + done
    assert not [finding for finding in check(ledger).findings if finding.severity == "error"]
    assert git(company.clone("alice"), "status", "--porcelain") == ""


def opens(ledger: Ledger, customer: str) -> bool:
    path = record_path(ledger.in_force.kinds["customer"], customer, "core", customer)
    return bool(ledger.read(path).data) and "alice" in ledger.outbox.readers(wraps_folder(customer))


@pytest.mark.parametrize("moment", ["stored", "swapped"])
def test_killed_while_writing_to_main_beside_what_waits(
    company: Company, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    old = company.customer()
    ask_review(company)
    company.customer(name="Western Clinic")
    main = company.ledger().main

    def until(name: str) -> None:
        if name == moment:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(placing, "write", lambda *words, **more: write(*words, **more, step=until))
        with pytest.raises(Killed):
            company.add("visit", VISIT, customer=old)
    ledger = company.ledger()
    assert (ledger.main != main) == (moment == "swapped")
    assert ledger.pending.is_current
    assert len(ledger.pending.stacks) == 1
