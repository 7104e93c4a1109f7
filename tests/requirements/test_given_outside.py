"""What leaves the ledger: authority, purpose and basis, marks, seals, and sensitive fields that stay."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmctl import i18n
from crmctl.cli.boundary import main
from crmctl.errors import NoKey
from crmctl.ledger.keys.identity import create, load
from crmctl.ledger.keys.seal import new_key, open_given
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.joining import join
from crmctl.ledger.setup.policy_files import set_value
from crmctl.model.org import Role
from crmctl.report.catalogue import find_report
from crmctl.report.fill import fill
from crmctl.report.question import Asked
from tests.company import CARD, NOW, Company
from tests.prepared import prepared

BANK = ["--to", "First Bank", "--purpose", "credit line"]
LAW = [*BANK, "--basis", "law", "--law", "tax code 12"]
PEOPLE = [{"name": "Dr Wang", "family": "two daughters"}]
PROBE = """\
schema: crmctl/report-folder/1
title: [试验, Probe]
about: [一试, A try]
audience: [我们, Us]
scope: department
tables:
  rows:
    title: [行, Rows]
    sql: rows.sql
    columns:
      family: {is: text, label: [家庭, Family]}
"""
SQL = "SELECT json_extract(p.value, '$.family') AS family FROM customer, json_each(customer.contacts) AS p"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = (i18n._language, i18n._translations)
    i18n.set_language("en")
    yield
    i18n._language, i18n._translations = before


@prepared
def north(company: Company) -> str:
    """A customer of alice's with a contact and what is known of her family."""
    return company.customer(contacts=PEOPLE)


@pytest.fixture
def run(company: Company) -> Callable[..., int]:
    def call(*words: str, member: str = "alice") -> int:
        return main(["-C", str(company.clone(member)), *words])

    return call


def disclosures(company: Company, member: str = "alice") -> list[dict[str, object]]:
    ledger = company.ledger(member)
    paths = [path for path, _oid in ledger.record_blobs() if "/disclosures/" in path]
    return [{"dossier": ledger.read(path).dossier, **ledger.read(path).data} for path in paths]


def rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))


@pytest.mark.req("R-ACL-07")
@pytest.mark.req("R-ACL-09")
def test_what_goes_outside_is_on_record_with_each_customer_and_marked(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    other = company.customer(name="Southern Works")
    file = tmp_path / "c.csv"
    assert run("export", "customer", str(file), *LAW) == 0
    found = {str(one["dossier"]): one for one in disclosures(company)}
    assert set(found) == {north, other}
    assert found[north]["to_whom"] == "First Bank"
    assert found[north]["purpose"] == "credit line"
    assert (found[north]["basis"], found[north]["law"]) == ("law", "tax code 12")
    assert found[north]["approved_by"] == "alice"
    marks = {row["Given out"] for row in rows(file)}
    assert marks == {"To First Bank for credit line; Required by law; by Alice on 2026-11-20. Not to be passed on"}
    page = fill(company.ledger(), find_report(company.ledger(), "access"), Asked())
    assert {row[3] for row in page.tables[2].rows} == {"First Bank"}


@pytest.mark.req("R-ACL-07")
@pytest.mark.parametrize("words", [
    BANK, ["--to", "First Bank", "--basis", "law", "--law", "x"], [*BANK, "--basis", "friendship"],
    [*BANK, "--basis", "law"], [*BANK, "--basis", "consent"], ["--purpose", "credit line"],
])  # fmt: skip
def test_without_receiver_purpose_or_basis_nothing_is_written(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path, words: list[str]
) -> None:
    assert run("export", "customer", str(tmp_path / "c.csv"), *words) == 2
    assert not (tmp_path / "c.csv").exists()
    assert disclosures(company) == []


@pytest.mark.req("R-ACL-07")
@pytest.mark.req("R-ACL-09")
def test_where_the_policy_asks_nothing_leaves_without_a_basis(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    file = tmp_path / "c.csv"
    assert run("export", "customer", str(file)) == 0
    file.unlink()
    set_value(company.ledger(), "export_needs_basis", "yes")
    assert run("export", "customer", str(file)) == 6
    assert not file.exists()
    inside = ["--to", "sales meeting", "--purpose", "planning of the year", "--basis", "internal"]
    assert run("export", "customer", str(file), *inside) == 0
    assert [one["basis"] for one in disclosures(company)] == ["internal"]


@pytest.mark.req("R-ACL-07")
def test_who_may_not_give_it_away_asks_first(
    company: Company, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer("bob", name="Western Works")
    other = company.customer("bob", name="Far Western Works")
    file = tmp_path / "c.csv"
    assert run("export", "customer", str(file), *LAW, member="bob") == 6
    assert not file.exists()
    assert disclosures(company, "bob") == []
    company.sync("bob", "alice")
    values = {
        "on": NOW[:10], "to_whom": "First Bank", "what": "card", "purpose": "credit line", "basis": "law", "law": "x",
        "approved_by": "alice", "approved_on": NOW[:10],
    }  # fmt: skip
    approved = company.add("disclosure", values, customer=customer, department="west").id
    company.sync("alice", "bob")
    assert run("export", "customer", str(file), "--under", approved, member="bob") == 0
    assert [row["Id"] for row in rows(file)] == [customer]
    page = tmp_path / "card.html"
    assert run("report", "card", "-c", other, "-o", str(page), "--under", approved, member="bob") == 6
    assert not page.exists()


@pytest.mark.req("R-ACL-08")
def test_consent_is_one_customers_and_kept_with_him(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    company.customer(name="Southern Works")
    paper = tmp_path / "consent.pdf"
    paper.write_bytes(b"%PDF-1.4 signed")
    consent = [*BANK, "--basis", "consent", "--consent", str(paper)]
    file = tmp_path / "c.csv"
    assert run("export", "customer", str(file), *consent) == 6
    assert not file.exists()
    assert run("export", "customer", str(file), "--customer", north, *consent) == 0
    [record] = disclosures(company)
    assert record["dossier"] == north
    assert isinstance(record["consent"], dict)
    assert record["consent"]["name"] == "consent.pdf"
    assert any(
        "/disclosures/" in path and not path.endswith(".yaml.age") for path, _o in company.ledger().repo.walk("main")
    )


@pytest.mark.req("R-ACL-07")
def test_records_of_no_customer_are_not_given_outside(
    company: Company, run: Callable[..., int], tmp_path: Path
) -> None:
    company.add("market_note", {"on": "2026-11-20", "topic": "demand", "text": "rising"}, department="east")
    assert run("export", "market_note", str(tmp_path / "m.csv"), *LAW) == 6
    assert run("export", "market_note", str(tmp_path / "m.csv")) == 0


@pytest.mark.req("R-ACL-07")
def test_a_sealed_file_opens_for_the_named_and_nobody_else(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    bank, other = new_key(), new_key()
    assert run("export", "customer", str(tmp_path / "c.csv"), *LAW, "--seal-to", bank.public) == 0
    assert [path.name for path in tmp_path.glob("c.csv*")] == ["c.csv.age"]
    sealed = (tmp_path / "c.csv.age").read_bytes()
    assert b"Northern Hospital" in open_given(sealed, bank.secret, "c")
    with pytest.raises(NoKey):
        open_given(sealed, other.secret, "c")
    assert bank.public in str(disclosures(company)[0]["what"])
    if shutil.which("age"):
        (tmp_path / "key").write_text(bank.secret + "\n")
        plain = subprocess.run(
            ["age", "-d", "-i", str(tmp_path / "key"), str(tmp_path / "c.csv.age")], check=True, capture_output=True
        ).stdout
        assert b"Northern Hospital" in plain


@pytest.mark.req("R-ACL-13")
def test_a_departments_list_opens_for_that_department_only(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    file = tmp_path / "east.html"
    assert run("report", "customers", "--department", "east", "--seal-to", "east", "-o", str(file)) == 0
    assert not file.exists()
    sealed = tmp_path / "east.html.age"
    assert run("unseal", str(sealed), str(tmp_path / "carol.html"), member="carol") == 0
    assert "Northern Hospital" in (tmp_path / "carol.html").read_text("utf-8")
    assert run("unseal", str(sealed), str(tmp_path / "bob.html"), member="bob") == 7
    assert not (tmp_path / "bob.html").exists()
    assert run("report", "customers", "--seal-to", "north", "-o", str(file)) == 4


@pytest.mark.req("R-ACL-20")
def test_family_matters_stay_here_unless_said_otherwise(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    def exported(*words: str) -> str:
        assert run("export", "customer", str(tmp_path / "c.json"), "--yes", *words) == 0
        return (tmp_path / "c.json").read_text("utf-8")

    assert "two daughters" in exported()
    assert "two daughters" not in exported(*LAW)
    assert "Dr Wang" in exported(*LAW)
    assert "two daughters" in exported(*LAW, "--with", "personal")


@pytest.mark.req("R-ACL-20")
def test_what_goes_along_is_a_class_there_is_and_goes_to_somebody(
    north: str, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ("report", "customers", "-o", str(tmp_path / "c.html")),
        ("export", "customer", str(tmp_path / "c.json")),
    ):
        assert run(*words, *LAW, "--with", "persnal") == 2
        assert "--with personal" in capsys.readouterr().err
        assert run(*words, "--with", "personal") == 2  # nothing is withheld from oneself
        assert "--to" in capsys.readouterr().err
    assert not list(tmp_path.glob("c.*"))


@pytest.mark.req("R-ACL-20")
def test_reports_exports_and_sheets_withhold_what_a_role_has_no_right_to(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    ledger = company.ledger()
    add_member(ledger, create(company.home, "max", None), "Max", (Role("management", None, ledger.today),))
    draft = company.draft()
    for name, content in (("report.yaml", PROBE), ("rows.sql", SQL)):
        draft.put_file(f"templates/reports/probe/{name}", content.encode(), "probe")
    draft.commit("policy")
    company.sync("alice")
    join(str(company.path / "server.git"), company.clone("max"), "max")
    company.sync("alice", "max")

    def told(member: str) -> tuple[list[tuple[object, ...]], tuple[str, ...]]:
        there = company.ledger(member)
        filled = fill(there, find_report(there, "probe"), Asked())
        return list(filled.tables[0].rows), filled.withheld

    assert told("alice") == ([("two daughters",)], ())
    assert told("max") == ([(None,)], ("Contacts · Family",))
    for words in (["export", "customer", str(tmp_path / "c.csv")], ["sheet", "customer", str(tmp_path / "s.csv")]):
        assert run(*words, member="max") == 0
        text = Path(words[2]).read_text("utf-8-sig")
        assert "Dr Wang" in text
        assert "two daughters" not in text
        assert "Family" not in text


def test_the_head_of_a_report_that_goes_outside_says_so_in_each_format(
    company: Company, north: str, run: Callable[..., int], tmp_path: Path
) -> None:
    for suffix in ("html", "md", "csv", "json"):
        file = tmp_path / f"card.{suffix}"
        assert run("report", "card", "-c", north, "-o", str(file), *LAW) == 0
        assert "First Bank" in file.read_text("utf-8")
    assert [one["dossier"] for one in disclosures(company)] == [north] * 4
    assert run("report", "card", "-c", north, *LAW) == 2
    assert load(company.home, "alice", None).secret not in json.dumps(CARD)
