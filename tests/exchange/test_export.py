"""Exports: what the member can open, in the clear, and never as formulas."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from crmctl.cli.boundary import main
from crmctl.errors import NotFound, Refused, UsageError
from crmctl.exchange.export import export
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from tests.company import Company
from tests.prepared import prepared


@prepared
def filled(company: Company) -> Company:
    dossier = company.customer(name="=1+1", contacts=[{"name": "A"}], codes={"erp": "1"})
    company.add("transaction", {"date": "2026-11-02", "product": "leg", "amount": "5.50"}, customer=dossier)
    company.customer("bob", name="Western")
    company.sync("bob", "alice", "bob")
    return company


@pytest.mark.req("R-REC-09")
def test_the_brief_list_is_drawn_from_the_cards(filled: Company, tmp_path: Path) -> None:
    done = export(filled.ledger(), "customer", tmp_path / "c.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text("utf-8-sig"), newline="")))
    assert sorted(row["Name"] for row in rows) == ["'=1+1", "Western"]
    assert done.counts == {"customer": (2, 2)}
    assert (tmp_path / "c.csv").stat().st_mode & 0o077 == 0
    update(filled.ledger(), rows[0]["Id"], {"name": "Renamed"}, Origin())
    with pytest.raises(Refused):
        export(filled.ledger(), "customer", tmp_path / "c.csv")
    export(filled.ledger(), "customer", tmp_path / "c.csv", replace=True)
    assert "Renamed" in (tmp_path / "c.csv").read_text("utf-8-sig")


def test_only_what_the_member_can_open(filled: Company, tmp_path: Path) -> None:
    done = export(filled.ledger("bob"), "customer", tmp_path / "c.json")
    document = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert [one["data"]["name"] for one in document["data"]["customer"]] == ["Western"]
    assert done.counts == {"customer": (1, 2)}
    assert document["schema"] == "crmctl/export/1"


def test_all_kinds_in_each_format(filled: Company, tmp_path: Path) -> None:
    export(filled.ledger(), "all", tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames[:2] == ["Customer", "Transaction"]
    assert "=1+1" in [cell.value for cell in book["Customer"]["F"]] + [cell.value for cell in book["Customer"]["E"]]
    assert all(cell.data_type != "f" for sheet in book for line in sheet.iter_rows() for cell in line)
    export(filled.ledger(), "all", tmp_path / "folder", "csv")
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["customer.csv", "transaction.csv"]
    export(filled.ledger(), "all", tmp_path / "a.json")
    data = json.loads((tmp_path / "a.json").read_text("utf-8"))["data"]
    assert data["transaction"][0]["data"]["amount"] == "5.50"


def test_an_earlier_state(filled: Company, tmp_path: Path) -> None:
    ledger = filled.ledger()
    first = ledger.repo.history(ledger.head)[-1].oid
    done = export(filled.ledger(at=first), "customer", tmp_path / "c.json")
    assert done.counts == {"customer": (0, 0)}
    assert done.commit == first


def test_what_is_refused(filled: Company, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        export(filled.ledger(), "customer", tmp_path / "c.doc")
    with pytest.raises(NotFound):
        export(filled.ledger(), "custmer", tmp_path / "c.csv")
    with pytest.raises(Refused):
        export(filled.ledger(), "customer", filled.clone("alice") / "c.csv")


def test_the_command_warns(filled: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = str(filled.clone("alice"))
    assert main(["-C", ledger, "export", "customer", str(tmp_path / "c.csv")]) == 0
    printed = capsys.readouterr()
    assert "in the clear" in printed.err
    assert "2 of 2" in printed.out
    assert main(["-C", ledger, "export", "customer", str(tmp_path / "c.csv"), "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["counts"] == {"customer": {"written": 2, "existing": 2}}
