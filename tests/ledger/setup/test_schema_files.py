"""A company's own field and kind are files: taken in by an admin, used everywhere, refused where they would do harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crmctl.cli.app import invoke
from crmctl.errors import BadConfiguration, InvalidInput, NotFound, Refused
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import Entry, update
from crmctl.ledger.changing.entry import add as enter
from crmctl.ledger.checking.check import check
from crmctl.ledger.setup.schema_files import add_kind
from tests.company import Company, git

MACHINE = """# A machine at the customer's.
kind: machine
version: 1
label: [设备, Machine]
id: MA
in: assignment/sales
title: [serial]
fields:
  serial: {is: text, max: 20, label: [序列号, Serial number]}
  wear: {is: choice, of: intention, label: [磨损, Wear]}
  bought_on: {is: date, label: [购买日期, Bought on]}
  ended_on: {is: date, from: .bought_on, label: [停用日期, Out of use on]}
states: {wanted: [意向, Wanted], bought: [已购, Bought]}
arrows: [wanted > bought]
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    file = tmp_path / "machine.yaml"
    file.write_text(MACHINE, "utf-8")
    return file


def rewrite(file: Path, *changes: tuple[str, str]) -> str:
    text = file.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    return str(file)


def says(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert invoke(["-C", str(company.clone("alice")), *words]) == 0
    return capsys.readouterr().out


def test_a_kind_of_the_companys_own_works_everywhere(
    company: Company, machine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer()
    says(company, capsys, "schema", "add", str(machine))
    assert "Machine" in says(company, capsys, "schema", "list")
    words = ["--set", "serial=S-1", "--set", "磨损=high", "--set", "bought_on=2026-11-01"]
    made = json.loads(says(company, capsys, "add", "machine", "-c", customer, "--department", "east", *words, "--json"))
    record = made["data"]["id"]
    assert record.startswith("MA-")
    says(company, capsys, "update", record, "--set", "serial=S-2")
    says(company, capsys, "advance", record, "bought")
    assert "S-2" in says(company, capsys, "show", record)
    listed = json.loads(says(company, capsys, "list", "machine", "--where", "wear = 'high'", "--json"))["data"]
    assert [row["id"] for row in listed] == [record]
    sheet = tmp_path / "machines.csv"
    says(company, capsys, "sheet", "machine", str(sheet))
    sheet.write_text(sheet.read_text("utf-8-sig").replace("S-2", "S-3"), "utf-8-sig")
    says(company, capsys, "import", "plan", str(sheet), "--kind", "machine", "--department", "east")
    says(company, capsys, "import", "apply")
    assert "S-3" in says(company, capsys, "show", record)
    assert [f for f in check(company.ledger()).findings if f.severity == "error"] == []
    with pytest.raises(InvalidInput):
        update(company.ledger(), record, {"ended_on": "2020-01-01"}, Origin())


def test_a_field_of_the_companys_own_works_everywhere(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = company.customer()
    file = tmp_path / "customer.yaml"
    text = company.clone("alice").joinpath("schemas/customer.yaml").read_text("utf-8")
    version = company.ledger().in_force.kinds["customer"].version
    text = text.replace(f"version: {version}", f"version: {version + 1}")
    file.write_text(text + "  hobby: {is: text, max: 40, label: [爱好, Hobby]}\n", "utf-8")
    says(company, capsys, "schema", "add", str(file))
    says(company, capsys, "update", customer, "--set", "hobby=chess")
    assert "chess" in says(company, capsys, "show", customer)
    listed = json.loads(says(company, capsys, "list", "customer", "--columns", "id,hobby", "--json"))["data"]
    assert listed == [{"id": customer, "hobby": "chess"}]
    assert "hobby" in says(company, capsys, "schema", "export", "customer")
    sheet = tmp_path / "customers.csv"
    says(company, capsys, "sheet", "customer", str(sheet))
    assert "chess" in sheet.read_text("utf-8-sig")
    assert [f for f in check(company.ledger()).findings if f.severity == "error"] == []


def test_it_is_one_signed_commit_that_the_others_get(company: Company, machine: Path) -> None:
    before = company.ledger().head
    taken = add_kind(company.ledger(), str(machine))
    assert taken.commit == company.ledger().head
    path = company.clone("alice")
    assert git(path, "rev-list", "--count", f"{before}..main").strip() == "1"
    assert "gpgsig" in git(path, "cat-file", "commit", "main")
    assert git(path, "log", "-1", "--format=%s").strip() == "schema-add machine"
    assert git(path, "show", "main:schemas/machine.yaml") == MACHINE
    company.sync("alice", "bob")
    assert "machine" in company.ledger("bob").in_force.kinds


def test_a_dry_run_and_the_same_file_again_write_nothing(company: Company, machine: Path) -> None:
    before = company.ledger().head
    assert add_kind(company.ledger(), str(machine), dry_run=True).commit is None
    assert company.ledger().head == before
    head = add_kind(company.ledger(), str(machine)).commit
    again = add_kind(company.ledger(), str(machine))
    assert (again.changed, again.commit) == (False, None)
    assert company.ledger().head == head


def test_only_an_admin_may(company: Company, machine: Path) -> None:
    with pytest.raises(Refused) as caught:
        add_kind(company.ledger("bob"), str(machine))
    assert caught.value.rule == "R-ACL-12"


@pytest.mark.parametrize(
    ("old", "new", "error", "code", "line", "near"),
    [
        ("{is: choice, of: intention", "{is: choise, of: intention", InvalidInput, "SCH001", 10, "choice"),
        ("of: intention", "of: intentions", BadConfiguration, "SCH002", 10, "intention"),
        ("in: assignment/sales", "in: assignment/sale", BadConfiguration, "SCH004", 6, "sales"),
        ("in: assignment/sales", "in: office/mark", BadConfiguration, "SCH004", 6, "office/market"),
        ("id: MA", "id: V", BadConfiguration, "SCH005", 5, ""),
        ("title: [serial]", "title: [serail]", InvalidInput, "SCH001", 7, "serial"),
        ("arrows: [wanted > bought]", "arrows: [wanted > bougth]", InvalidInput, "SCH001", 14, "bought"),
        ("label: [磨损, Wear]", "when: 'wear in [hgh]'", BadConfiguration, "SCH006", 10, "high"),
    ],
)  # fmt: skip
def test_faults_name_file_line_and_the_nearest_right_name(
    company: Company, machine: Path, old: str, new: str, error: type[Exception], code: str, line: int, near: str
) -> None:
    before = company.ledger().head
    with pytest.raises(error) as caught:
        add_kind(company.ledger(), rewrite(machine, (old, new)))
    (finding,) = (found for found in getattr(caught.value, "findings", ()) if found.where.startswith(str(machine)))
    assert (finding.code, finding.where) == (code, f"{machine}:{line}")
    assert finding.args.get("near", "") == near
    assert company.ledger().head == before


def test_broken_yaml_and_a_file_that_is_not_there(company: Company, machine: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        add_kind(company.ledger(), rewrite(machine, ("id: MA", "id: [MA")))
    assert str(caught.value.where).startswith(f"{machine}:")
    with pytest.raises(NotFound):
        add_kind(company.ledger(), "nowhere.yaml")


def test_a_shipped_kind_can_be_taken_by_its_name(company: Company) -> None:
    assert add_kind(company.ledger(), "vehicle").changed is False


def test_what_records_use_may_not_be_taken_away(company: Company, machine: Path) -> None:
    customer = company.customer()
    add_kind(company.ledger(), str(machine))
    values: dict[str, object] = {"serial": "S-1", "wear": "high"}
    enter(company.ledger(), Entry("machine", values, customer, "east"))
    for change, code in (
        (("  wear: {is: choice, of: intention, label: [磨损, Wear]}\n", ""), "SCH011"),
        (("wear: {is: choice, of: intention", "wear: {is: int"), "SCH012"),
        (("wanted: [意向, Wanted], ", ""), "SCH013"),
        (("max: 20", "max: 5"), "SCH015"),
    ):
        machine.write_text(MACHINE, "utf-8")
        changes = [("version: 1", "version: 2"), change]
        if code == "SCH013":
            changes.append(("arrows: [wanted > bought]\n", ""))
        with pytest.raises(Refused) as caught:
            add_kind(company.ledger(), rewrite(machine, *changes))
        assert caught.value.rule == code
        assert "1 record" in caught.value.what
    machine.write_text(MACHINE, "utf-8")
    unused = ("  bought_on: {is: date, label: [购买日期, Bought on]}\n", ""), (", from: .bought_on", "")
    taken = add_kind(company.ledger(), rewrite(machine, ("version: 1", "version: 2"), *unused))
    assert (taken.before, taken.records) == (1, 1)
    assert [f for f in check(company.ledger()).findings if f.severity == "error"] == []


def test_what_cannot_be_seen_may_be_in_use(company: Company, machine: Path) -> None:
    """An admin who cannot open the records cannot know that a field is free."""
    company.sync("alice", "bob")
    customer = company.customer("bob")
    add_kind(company.ledger(), str(machine))
    company.sync("alice", "bob")
    company.add("machine", {"serial": "S-1"}, "bob", customer=customer, department="west")
    company.sync("bob", "alice")
    ledger = company.ledger()
    blind = type("Blind", (type(ledger),), {"read": lambda *_a, **_k: (_ for _ in ()).throw(NoKeyHere())})
    ledger.__class__ = blind  # alice reads west too; a machine admin would not
    with pytest.raises(Refused) as caught:
        add_kind(ledger, rewrite(machine, ("version: 1", "version: 2"), ("  wear: {is: choice, of: intention, label: [磨损, Wear]}\n", "")))  # fmt: skip
    assert caught.value.rule == "SCH011"


def NoKeyHere() -> Exception:  # noqa: N802
    from crmctl.errors import NoKey

    return NoKey("closed")


def test_a_change_needs_a_higher_version(company: Company, machine: Path) -> None:
    add_kind(company.ledger(), str(machine))
    with pytest.raises(Refused) as caught:
        add_kind(company.ledger(), rewrite(machine, ("max: 20", "max: 40")))
    assert caught.value.rule == "SCH010"
    assert add_kind(company.ledger(), rewrite(machine, ("version: 1", "version: 2"))).changed


def test_export_writes_a_file_a_kind(company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "editor"
    says(company, capsys, "schema", "export", "--all", str(folder))
    written = {file.name.removesuffix(".schema.json") for file in folder.iterdir()}
    assert written == set(company.ledger().in_force.kinds)
    schema = json.loads((folder / "visit.schema.json").read_text("utf-8"))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "planned" in json.dumps(schema["allOf"])


def test_show_tells_fields_choices_states_and_arrows(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    shown = json.loads(says(company, capsys, "schema", "show", "投诉", "--json"))
    assert shown["schema"] == "crmctl/schema/1"
    data = shown["data"]
    assert data["kind"] == "complaint"
    fields = {field["field"]: field for field in data["fields"]}
    assert fields["content"]["required"] == ["*"]
    assert fields["category"]["choices"]["quality"] == ["质量", "Quality"]
    assert data["arrows"]["solved"] == ["confirmed", "fed_back"]
    drawn = says(company, capsys, "schema", "show", "complaint")
    assert "quality=Quality" in drawn
    assert "only when category in [quality]" in drawn
    assert "In SQL" not in drawn
    assert "In SQL its table is txn" in says(company, capsys, "schema", "show", "transaction")
