"""Kinds, packs, values and who deals with a customer: changes that `verify` finds in order, made by who may."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmctl.cli.boundary import main
from crmctl.ledger.affairs.dealing import assign, handover, team
from crmctl.ledger.setup.policy_files import adopt, set_value
from crmctl.ledger.setup.schema_files import add_kind
from tests.company import CARD, Company


def verified(company: Company, member: str) -> int:
    return main(["-C", str(company.clone(member)), "verify", "--full"])


def test_every_such_change_verifies(company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind, pack = tmp_path / "machine.yaml", tmp_path / "own.yaml"
    kind.write_text("kind: machine\nid: MA\nin: assignment/sales\nfields:\n  serial: {is: text}\n", "utf-8")
    pack.write_text("pack: own\nversion: 1\nreaders:\n  office/market: [everyone, finance, admin]\n", "utf-8")
    customer = company.add("customer", dict(CARD), department="east").id
    add_kind(company.ledger(), str(kind))
    adopt(company.ledger(), str(pack))
    set_value(company.ledger(), "intake_working_days", "2")
    assign(company.ledger(), customer, "west", "bob")
    team(company.ledger(), customer, ["carol"], department="east")
    team(company.ledger(), customer, [], ["carol"], department="east")
    handover(company.ledger(), [customer], "carol", "carol takes over", department="east")
    company.sync("alice", "bob", "carol")
    for member in ("alice", "bob", "carol"):
        assert verified(company, member) == 0, capsys.readouterr().out
