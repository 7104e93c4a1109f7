"""Text of customers and of commands is data: no template, SQL, formula, markup, escape, path or option of Git."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import CrmctlError, InvalidInput, NotFound
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import listing, lookup
from crmctl.ledger.snapshot.names import names
from tests.company import VISIT, Company, git
from tests.prepared import prepared

TEMPLATE = "{{ 7 * 7 }}{% include 'ledger.yaml' %}"
FORMULA = "=HYPERLINK(A1)"
SQL = "x'); DROP TABLE customer; --"
MARKUP = "<script>alert(1)</script>[red]x[/red]"
OPTION = "--output=stolen"
HOSTILE = (TEMPLATE, FORMULA, SQL, MARKUP, OPTION)


@prepared
def customers(company: Company) -> dict[str, str]:
    """A customer of each hostile name, with a visit whose texts say the same."""
    made = {name: company.customer("alice", name=name, address=name) for name in HOSTILE}
    for name, customer in made.items():
        company.add("visit", {**VISIT, "topic": name, "place": name}, customer=customer)
    return made


def drawn(company: Company, form: str, folder: Path) -> bytes:
    file = folder / f"customers.{form}"
    words = ["-C", str(company.clone("alice")), "report", "customers", "--department", "all", "--out", str(file)]
    assert invoke(words) == 0
    return file.read_bytes()


def test_hostile_names_are_kept_found_and_shown_as_they_are(
    company: Company, customers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = company.ledger()
    assert {name.id for name in names(ledger)} == set(customers.values())
    for name, customer in customers.items():
        assert lookup.customer(ledger, name) == customer
        capsys.readouterr()
        assert invoke(["-C", str(company.clone("alice")), "show", customer]) == 0
        assert name in capsys.readouterr().out
        assert invoke(["-C", str(company.clone("alice")), "find", "--", name]) == 0
    rows = listing.list_kind(ledger, "customer", None, ["id", "name"], 0).documents()
    assert {str(row["name"]) for row in rows} == set(HOSTILE)
    assert [fault for fault in check(ledger).findings if fault.severity == "error"] == []
    assert not any(name in git(company.clone("alice"), "log", "--all", "--format=%B") for name in HOSTILE)
    assert git(company.clone("alice"), "status", "--short") == ""


def test_reports_and_exports_carry_them_as_text(company: Company, customers: dict[str, str], tmp_path: Path) -> None:
    page = drawn(company, "html", tmp_path).decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert TEMPLATE.split("{%", maxsplit=1)[0].strip() in page  # not 49
    cells = [
        cell for row in csv.reader(io.StringIO(drawn(company, "csv", tmp_path).decode("utf-8-sig"))) for cell in row
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    with zipfile.ZipFile(io.BytesIO(drawn(company, "xlsx", tmp_path))) as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    exported = tmp_path / "out.csv"
    assert invoke(["-C", str(company.clone("alice")), "export", "customer", str(exported)]) == 0
    cells = [cell for row in csv.reader(io.StringIO(exported.read_text("utf-8-sig"))) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith("=")]


@pytest.mark.parametrize("text", ["\x1b[31mred", "bell\x07", "turned\u202egnorw", "two\nlines", "nul\x00"])
def test_what_steers_a_terminal_never_gets_in(company: Company, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        company.customer("alice", name=f"Works {text}")
    assert not set(str(caught.value)) & set("\x1b\x07\u202e\x00")


@pytest.mark.parametrize("at", ["--output=stolen", "-p", "--all", "main --output=stolen", "@{upstream}", "main:../x"])
def test_what_a_person_types_is_no_option_of_git(company: Company, at: str) -> None:
    with pytest.raises(CrmctlError):
        Ledger(company.clone("alice"), home=company.home, at=at).read("ledger.yaml")
    with pytest.raises(CrmctlError):
        check(company.ledger(), since=at)
    assert not list(company.path.rglob("stolen*"))


@pytest.mark.parametrize(
    "sql",
    ["ATTACH 'stolen.db' AS s", "SELECT load_extension('x')", "DELETE FROM customer", "SELECT 1; DROP TABLE customer",
     "PRAGMA writable_schema = 1", "SELECT writefile('stolen', 'x')", "VACUUM INTO 'stolen'"],
)  # fmt: skip
def test_a_question_only_reads(company: Company, customers: dict[str, str], sql: str) -> None:
    with pytest.raises(InvalidInput):
        listing.query(company.ledger(), sql)
    with pytest.raises(InvalidInput):
        listing.list_kind(company.ledger(), "customer", f"1 = 1) UNION {sql}; --", ["id"], 0)
    assert len(names(company.ledger())) == len(HOSTILE)
    assert not list(Path.cwd().glob("stolen*"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "/etc/passwd", "a/../../b", "C-../../x"])
def test_names_are_no_paths(company: Company, name: str) -> None:
    here = ["-C", str(company.clone("alice"))]
    for words in (
        ["report", name],
        ["schema", "show", name],
        ["show", name],
        ["policy", "adopt", name],
        ["list", name],
    ):
        with pytest.raises((NotFound, InvalidInput, CrmctlError)) as caught:
            invoke([*here, *words])
        assert "root:" not in f"{caught.value.what} {caught.value.hint}"
