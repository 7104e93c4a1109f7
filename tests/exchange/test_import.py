"""Importing: sheets out and in again, every fault at once, one commit, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from crmctl.cli.boundary import main
from crmctl.errors import Conflict, InvalidInput, NoKey, NotFound, Refused, UsageError
from crmctl.exchange.apply import Applied, apply_plan
from crmctl.exchange.plan import Order, Plan
from crmctl.exchange.plan_file import folder, keep, take
from crmctl.exchange.planner import plan_import
from crmctl.exchange.revert import revert_import
from crmctl.exchange.sheet_out import write_sheet
from crmctl.i18n import finding_text
from crmctl.ledger.changing.draft import Kept, Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from tests.company import VISIT, Company, git
from tests.exchange.sheets import csv_file, edited, workbook

HEAD = "name,party_type,source,lawful_basis,obtained_at"
REST = "company,referral,contract,2026-11-20T09:00"
MAPPING = """
schema: crmctl/mapping/1
kind: customer
fields:
  codes.erp: Number
  name: Company
  phone: {column: Phone, else: phone_as_given, country: {column: Country, values: {Germany: DE}}}
constants: {party_type: company, source: import, lawful_basis: contract, obtained_at: 2026-11-20T09:00}
"""


@pytest.fixture
def plan(company: Company) -> Callable[..., Plan]:
    """Plan a file, and keep the plan for `apply`."""

    def make(path: Path, kind: str | None = "customer", member: str = "alice", **more: str) -> Plan:
        ledger = company.ledger(member)
        made = plan_import(ledger, Order(str(path), kind=kind, **more))
        keep(ledger, made)
        return made

    return make


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "map.yaml"
    path.write_text(MAPPING, "utf-8")
    return path


def actions(plan: Plan) -> list[str]:
    return [row.action for row in plan.rows]


def reasons(plan: Plan) -> list[tuple[str, str, str]]:
    return [(one.where, one.field, one.code) for row in plan.rows for one in row.findings if one.severity == "error"]


def apply(company: Company, **more: bool) -> Applied:
    return apply_plan(company.ledger(), **more)


# Sheets out and in again


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_an_unedited_sheet_changes_nothing(
    company: Company, plan: Callable[..., Plan], tmp_path: Path, ending: str
) -> None:
    company.customer(
        name="=1+1 Ltd", aliases=["a;b", "c"], codes={"erp": "007"}, credit_code="91110000100000007F",
        phone="010-62770000", region="北京市", yearly_volume="1234.50", route_seq="7", note="one\ntwo",
        contacts=[{"name": "'quoted", "phone": "13800138000"}, {"name": "B"}], background_check={"on": "1899-01-02"},
    )  # fmt: skip
    company.customer(name="+86 B", category="hospital", beds="12", hospital_class="third_a")
    path = tmp_path / f"customers.{ending}"
    assert write_sheet(company.ledger(), "customer", None, path).rows == 2
    made = plan(path)
    assert actions(made) == ["same", "same"]
    assert reasons(made) == []
    assert apply(company).commit is None


def test_monthly_records_and_states_go_out_and_in(company: Company, plan: Callable[..., Plan], tmp_path: Path) -> None:
    dossier = company.customer()
    for amount in ("5.50", "7"):
        company.add("transaction", {"date": "2026-11-02", "product": "leg", "amount": amount}, customer=dossier)
    company.add("visit", {**VISIT, "on": "2026-11-20"}, customer=dossier)
    for kind in ("transaction", "visit"):
        path = tmp_path / f"{kind}.xlsx"
        write_sheet(company.ledger(), kind, None, path)
        assert set(actions(plan(path, kind))) == {"same"}
    edited(tmp_path / "transaction.xlsx", 2, "Amount", 8.25)
    made = plan(tmp_path / "transaction.xlsx", "transaction")
    assert [(c.field, c.after) for row in made.rows for c in row.changes] == [("amount", "8.25")]
    assert sorted(actions(made)) == ["same", "update"]
    assert apply(company).commit
    edited(tmp_path / "visit.xlsx", 1, "State", "Done")
    lacking = plan(tmp_path / "visit.xlsx", "visit")
    assert {field for _where, field, _code in reasons(lacking)} == {"result", "goal_met"}
    edited(tmp_path / "visit.xlsx", 1, "Result", "agreed")
    edited(tmp_path / "visit.xlsx", 1, "Goal met", "yes")
    assert {c.field for row in plan(tmp_path / "visit.xlsx", "visit").rows for c in row.changes} == {
        "state", "result", "goal_met",
    }  # fmt: skip
    edited(tmp_path / "visit.xlsx", 1, "State", "nonsense")
    assert [code for *_place, code in reasons(plan(tmp_path / "visit.xlsx", "visit"))] == ["IMP016"]


def test_an_edited_cell_is_exactly_that_change(company: Company, plan: Callable[..., Plan], tmp_path: Path) -> None:
    dossier = company.customer(
        phone="010-62770000", note="gone soon", codes={"erp": "1", "k3": "2"},
        contacts=[{"name": "A", "post": "boss"}, {"name": "B"}],
    )  # fmt: skip
    path = tmp_path / "customers.xlsx"
    write_sheet(company.ledger(), "customer", None, path)
    edited(path, 1, "Phone", 13800138000)
    edited(path, 1, "Note", None)
    edited(path, 1, "Contacts 2.Post", "clerk")
    edited(path, 1, "Codes in other systems", "erp:1")
    made = plan(path)
    assert {change.field: change.after for change in made.rows[0].changes} == {
        "phone": "+86 138 0013 8000",
        "note": None,
        "contacts": [{"name": "A", "post": "boss"}, {"name": "B", "post": "clerk"}],
        "codes.k3": None,
    }
    applied = apply(company)
    assert applied.commit == company.ledger().head
    data = company.ledger().read(f"customers/{dossier[2:4].lower()}/{dossier}/core/customer.yaml.age").data
    assert data["codes"] == {"erp": "1"}
    assert "note" not in data
    assert not check(company.ledger()).findings


def test_a_new_row_is_a_new_record_and_responsibility_stays(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    company.customer()
    path = tmp_path / "customers.xlsx"
    write_sheet(company.ledger(), "customer", None, path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = {cell.value: cell.column for cell in sheet[1]}
    new = {"Name": "Second", "Party type": "公司", "Source": "Referral", "Lawful basis": "contract",
           "Obtained at": "2026-11-20 09:00", "Department": "west", "Owner": "bob"}  # fmt: skip
    for heading, value in new.items():
        sheet.cell(3, headings[heading]).value = value
    sheet.cell(2, headings["Owner"]).value = "bob"
    book.save(path)
    made = plan(path)
    assert actions(made) == ["error", "create"]
    assert [code for *_place, code in reasons(made)] == ["IMP015"]
    apply(company)
    (second,) = [one for one in _dossiers(company) if "west" in one.assignments]
    assert second.assignments["west"].owner == "bob"


def _dossiers(company: Company) -> list:
    from crmctl.ledger.snapshot.connection import all_dossiers

    return list(all_dossiers(company.ledger()))


def test_a_row_older_than_the_record_is_not_written_over_it(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    dossier = company.customer(note="old")
    path = tmp_path / "customers.csv"
    write_sheet(company.ledger(), "customer", None, path)
    update(company.ledger(), dossier, {"note": "newer"}, Origin())
    made = plan(path)
    assert [code for *_place, code in reasons(made)] == ["IMP014"]


@pytest.mark.req("R-INT-03")
def test_no_sheet_in_the_clear_inside_the_ledger(company: Company) -> None:
    company.customer()
    with pytest.raises(Refused) as refused:
        write_sheet(company.ledger(), "customer", None, company.clone("alice") / "a.csv")
    assert refused.value.rule == "R-INT-03"
    with pytest.raises(UsageError):
        write_sheet(company.ledger(), "customer", None, company.path / "a.pdf")


# Faults


def test_all_faults_at_once_with_file_and_field(company: Company, plan: Callable[..., Plan], tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "bad.csv",
        f"{HEAD};phone;beds\n".replace(",", ";")
        + f"天润;{REST};1.38E+10;\n".replace(",", ";")
        + ";company;nowhere;contract;2026-11-20T09:00;;x\n"
        + f"好的;{REST};010-62770000;\n".replace(",", ";")
        + f"坏的;{REST};010-6277;\n".replace(",", ";"),
        "gb18030",
    )  # fmt: skip
    made = plan(path)
    assert actions(made) == ["error", "error", "create", "error"]
    assert reasons(made) == [
        ("bad.csv:2 phone", "phone", "FLD008"),
        ("bad.csv:3 source", "source", "FLD009"),
        ("bad.csv:3 beds", "beds", "FLD005"),
        ("bad.csv:3", "name", "REC001"),
        ("bad.csv:5 phone", "phone", "FLD012"),
    ]
    with pytest.raises(Refused) as refused:
        apply(company, whole=True)
    assert len(refused.value.findings) == 5
    applied = apply(company)
    assert applied.made == {"customer create": 1}
    assert git(company.clone("alice"), "rev-list", "--count", "HEAD~1..HEAD").strip() == "1"


def test_excel_dates_formulas_and_faulty_cells(company: Company, plan: Callable[..., Plan], tmp_path: Path) -> None:
    dossier = company.customer()
    path = workbook(
        tmp_path / "t.xlsx",
        [
            ["customer", "date", "product", "amount", "note"],
            [dossier, 46348, "leg", 12.5, None],
            [dossier, "2026/11/3", "arm", "=1+1", "=2+2"],
            [dossier, 46348.5, "foot", 1, None],
            ["C-0000000000", "2026-11-01", "hand", 1, None],
        ],
    )
    made = plan(path, "transaction")
    assert actions(made) == ["create", "error", "create", "error"]
    assert made.rows[0].values["date"] == "2026-11-22"
    assert {(where, code) for where, _field, code in reasons(made)} == {
        ("t.xlsx!Sheet1!D3", "IMP004"), ("t.xlsx!Sheet1!E3", "IMP004"), ("t.xlsx!Sheet1!5", "IMP020"),
    }  # fmt: skip


def test_dates_that_read_two_ways_are_refused_as_a_whole(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    dossier = company.customer()
    text = f"customer,date,product,amount\n{dossier},DAY,leg,1\n{dossier},02-03-26,arm,1\n"
    with pytest.raises(InvalidInput) as refused:
        plan(csv_file(tmp_path / "t.csv", text.replace("DAY", "01-02-26")), "transaction")
    assert refused.value.findings[0].code == "IMP007"
    made = plan(csv_file(tmp_path / "t.csv", text.replace("DAY", "13-02-26")), "transaction")
    assert [row.values["date"] for row in made.rows] == ["2026-02-13", "2026-03-02"]
    with pytest.raises(InvalidInput):
        plan(csv_file(tmp_path / "t.csv", text.replace("DAY", "13-02-26").replace("02-03", "02-13")), "transaction")


@pytest.mark.req("R-INT-13")
def test_duplicates_in_the_ledger_and_within_the_file_are_named_and_left_out(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    there = company.customer(name="天润食品有限公司")
    rows = ["天潤食品有限公司", "地久贸易公司", "地久 贸易公司", "西藏天润食品有限公司", "唯一"]
    path = csv_file(tmp_path / "a.csv", "\n".join([HEAD, *(f"{name},{REST}" for name in rows)]) + "\n")
    made = plan(path)
    assert actions(made) == ["duplicate", "duplicate", "duplicate", "create", "create"]
    named = [finding_text(row.findings[0]) for row in made.rows[:3]]
    assert f"({there})" in named[0]
    assert "(a.csv:4)" in named[1]
    assert "(a.csv:3)" in named[2]
    assert {one.severity for one in made.rows[3].findings} == {"warning"}
    apply(company)
    assert len(_dossiers(company)) == 3


def test_two_rows_that_mean_the_same_record_are_both_left_out(
    company: Company, plan: Callable[..., Plan], tmp_path: Path, mapping: Path
) -> None:
    path = csv_file(tmp_path / "a.csv", "Number,Company,Phone,Country\n7,A,,\n8,B,,\n7,C,,\n")
    made = plan(path, None, mapping=str(mapping))
    assert actions(made) == ["error", "create", "error"]
    assert [row.findings[0].args["others"] for row in (made.rows[0], made.rows[2])] == ["a.csv:4", "a.csv:2"]


def test_a_row_that_makes_a_record_like_another_is_a_warning(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    company.customer(name="First")
    company.customer(name="Second")
    path = tmp_path / "c.xlsx"
    write_sheet(company.ledger(), "customer", "name = 'Second'", path)
    edited(path, 1, "Name", "FIRST")
    made = plan(path)
    assert actions(made) == ["update"]
    assert [(one.code, one.severity) for one in made.rows[0].findings] == [("INT013", "warning")]


@pytest.mark.req("R-INT-13")
def test_a_checked_reason_lets_them_in_and_is_recorded(
    company: Company, plan: Callable[..., Plan], tmp_path: Path, mapping: Path
) -> None:
    mapping.write_text(MAPPING + "not_duplicate: told apart by number\n", "utf-8")
    path = csv_file(tmp_path / "a.csv", "Number,Company,Phone,Country\n7,Same,,\n8,Same,,\n")
    made = plan(path, None, mapping=str(mapping))
    assert actions(made) == ["create", "create"]
    apply(company)
    ledger = company.ledger()
    records = [ledger.read(path, oid) for path, oid in ledger.record_blobs()]
    assert {record.reason for record in records} == {"import a.csv; told apart by number"}


# Mappings


def test_a_mapping_matches_by_code_and_keeps_what_people_added(
    company: Company, plan: Callable[..., Plan], tmp_path: Path, mapping: Path
) -> None:
    path = csv_file(tmp_path / "a.csv", "Number,Company,Phone,Country,Extra\n7,A,030-0074321,Germany,x\n8,B,12,,-\n")
    made = plan(path, None, mapping=str(mapping))
    assert [(row.values.get("phone"), row.values.get("phone_as_given")) for row in made.rows] == [
        ("+49 30 0074321", None), (None, "12"),
    ]  # fmt: skip
    assert [one.code for one in made.notes] == ["IMP005"]
    assert [one.code for one in made.rows[1].findings] == ["IMP006"]
    apply(company)
    (first,) = [row for row in _customers(company) if row["name"] == "A"]
    update(company.ledger(), str(first["id"]), {"note": "by hand", "source": "event"}, Origin())
    csv_file(path, "Number,Company,Phone,Country,Extra\n7,A renamed,030-0074321,Germany,x\n8,B,12,,-\n")
    again = plan(path, None, mapping=str(mapping))
    assert actions(again) == ["update", "same"]
    assert [(c.field, c.after) for c in again.rows[0].changes] == [("name", "A renamed")]


def _customers(company: Company) -> list[dict[str, object]]:
    ledger = company.ledger()
    found = []
    for path, oid in ledger.record_blobs():
        record = ledger.read(path, oid)
        if record.kind == "customer":
            found.append({"id": record.id, **record.data})
    return found


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("schema: crmctl/mapping/1", "schema"),
        ("kind: customer\n", "kind"),
        ("  name: Company", "fields.name"),
        ("  codes.erp: Number", "fields.codes.erp.colum"),
    ],
)
def test_faults_of_a_mapping_are_named(
    company: Company, plan: Callable[..., Plan], tmp_path: Path, change: str, field: str
) -> None:
    replaced = {"fields.name": "  name: [Company]", "fields.codes.erp.colum": "  codes.erp: {colum: Number}"}
    path = tmp_path / "map.yaml"
    path.write_text(MAPPING.replace(change, replaced.get(field, "")), "utf-8")
    with pytest.raises(InvalidInput) as refused:
        plan(csv_file(tmp_path / "a.csv", "Number,Company\n7,A\n"), None, mapping=str(path))
    assert field in {finding.field for finding in refused.value.findings}


def test_columns_and_fields_that_are_not_there(
    company: Company, plan: Callable[..., Plan], tmp_path: Path, mapping: Path
) -> None:
    with pytest.raises(InvalidInput) as refused:
        plan(csv_file(tmp_path / "a.csv", "Number,Compny\n7,A\n"), None, mapping=str(mapping))
    assert [one.args["name"] for one in refused.value.findings] == ["Company", "Phone", "Country"]
    assert refused.value.findings[0].hint == "Compny"
    mapping.write_text(MAPPING.replace("  name:", "  nmae:"), "utf-8")
    with pytest.raises(InvalidInput) as refused:
        plan(csv_file(tmp_path / "a.csv", "Number,Company,Phone,Country\n7,A,,\n"), None, mapping=str(mapping))
    assert "name" in (refused.value.hint or "")
    with pytest.raises(InvalidInput):
        plan(csv_file(tmp_path / "a.csv", "foo,bar\n7,A\n"))
    with pytest.raises(UsageError):
        plan(csv_file(tmp_path / "a.csv", "foo,bar\n7,A\n"), None)


def test_joins_take_the_latest_row_and_refuse_two(company: Company, plan: Callable[..., Plan], tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    text = (
        "schema: crmctl/mapping/1\nkind: customer\nmatch: [name]\n"
        "join: {last: {file: orders.csv, on: {Number: Customer}, latest: Day}}\n"
        "fields: {name: Company, note: last.Text}\n" + MAPPING.splitlines()[-1] + "\n"
    )
    path.write_text(text, "utf-8")
    csv_file(tmp_path / "orders.csv", "Customer,Day,Text\n7,2026-01-02,new\n7,2026-01-01,old\n8,2026-01-01,other\n")
    customers = csv_file(tmp_path / "a.csv", "Number,Company\n7,A\n8,B\n9,C\n")
    made = plan(customers, None, mapping=str(path))
    assert [row.values.get("note") for row in made.rows] == ["new", "other", None]
    path.write_text(text.replace(", latest: Day", ""), "utf-8")
    made = plan(customers, None, mapping=str(path))
    assert actions(made) == ["error", "create", "create"]
    assert made.rows[0].findings[0].args["lines"] == "2, 3"


# Rights


def test_an_import_obeys_the_rules_of_hand_entry(company: Company, plan: Callable[..., Plan], tmp_path: Path) -> None:
    dossier = company.customer()
    company.sync("alice", "bob")
    visits = csv_file(
        tmp_path / "v.csv",
        "customer,on,topic,purpose,way,whom,place,minimum_goal\n"
        f"{dossier},2026-11-25,Hello,introduce,on_site,Wang,ward,meet\n",
    )
    made = plan(visits, "visit", "bob", department="east")
    assert actions(made) == ["blocked"]
    assert reasons(made)[0][2] == "R-ACL-01"
    owned = csv_file(tmp_path / "c.csv", f"{HEAD},owner,department\nNew,{REST},bob,east\nNewer,{REST},nobody,west\n")
    assert [code for *_place, code in reasons(plan(owned))] == ["R-REC-16", "R-REC-16"]
    csv_file(tmp_path / "m.csv", "id,name\nzoe,Zoe\n")
    (tmp_path / "m.yaml").write_text("schema: crmctl/mapping/1\nkind: member\nfields: {id: id, name: name}\n", "utf-8")
    with pytest.raises(Refused):
        plan(tmp_path / "m.csv", None, "bob", mapping=str(tmp_path / "m.yaml"))


def test_people_become_known_without_access_and_get_it_with_a_key(company: Company, tmp_path: Path) -> None:
    from crmctl.ledger.keys.identity import create
    from crmctl.ledger.setup.enrol import add_member
    from crmctl.ledger.setup.joining import join

    (tmp_path / "m.yaml").write_text(
        "schema: crmctl/mapping/1\nsheets:\n- file: m.csv\n  kind: member\n"
        "  fields: {id: id, name: name, roles: roles, supervisor: boss}\n"
        "- file: c.csv\n  kind: customer\n  owner: owner\n  match: [name]\n  fields: {name: name}\n  "
        + MAPPING.splitlines()[-1] + "\n", "utf-8",
    )  # fmt: skip
    csv_file(
        tmp_path / "m.csv",
        "id,name,roles,boss\nZoe,Zoe Z,sales@west,yann\nyann,Yann,supervisor@west,\nx y,Bad,,\numa,Uma,sales@north,\nvic,Vic,sales,nobody\n",
    )
    csv_file(tmp_path / "c.csv", "name,owner\nHers,zoe\n")
    order = Order(str(tmp_path), str(tmp_path / "m.yaml"), department="west")
    ledger = company.ledger()
    made = plan_import(ledger, order)
    assert actions(made) == ["create", "create", "error", "error", "error", "create"]
    keep(ledger, made)
    apply(company)
    ledger = company.ledger()
    org = ledger.in_force.org
    assert (org.members["zoe"].opens, org.members["zoe"].supervisor) == (None, "yann")
    assert {"uma", "vic"}.isdisjoint(org.members)
    assert org.group_members("west.supervisor", ledger.today) == []
    (dossier,) = _dossiers(company)
    assert dossier.assignments["west"].owner == "zoe"
    assert not [one for one in check(ledger).findings if one.severity == "error"]
    company.sync("alice")
    add_member(company.ledger(), create(company.home, "zoe", None), None, ())
    company.sync("alice")
    copy = join(str(company.path / "server.git"), company.path / "zoe", "zoe")
    assert copy.in_force.org.members["zoe"].name == "Zoe Z"
    assert copy.read(f"{dossier.folder}/core/customer.yaml.age").data["name"] == "Hers"
    again = plan_import(company.ledger(), order)
    assert actions(again)[:2] == ["same", "same"]


# Plans


def test_a_plan_is_sealed_to_who_made_it(company: Company, plan: Callable[..., Plan], tmp_path: Path) -> None:
    plan(csv_file(tmp_path / "a.csv", f"{HEAD}\n绝密客户,{REST}\n"))
    ledger = company.ledger()
    (kept,) = folder(ledger).iterdir()
    assert "绝密客户".encode() not in kept.read_bytes()
    made, _path = take(ledger)
    assert made.rows[0].title == "绝密客户"
    with pytest.raises(NoKey):
        take(company.ledger("bob"), kept)
    apply(company)
    assert list(folder(ledger).iterdir()) == []
    with pytest.raises(NotFound):
        apply(company)
    assert "绝密" not in git(company.clone("alice"), "log", "--format=%B%an")


def test_a_changed_file_or_a_clashing_change_of_the_ledger_stops_the_plan(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    path = csv_file(tmp_path / "a.csv", f"{HEAD}\nNew,{REST}\n")
    plan(path)
    path.write_text(path.read_text() + f"More,{REST}\n", "utf-8")
    with pytest.raises(Conflict):
        apply(company)
    plan(path)
    company.customer(name="Elsewhere")
    plan_again = take(company.ledger())[0]
    assert plan_again.head != company.ledger().head
    company.customer(name="More")
    head = company.ledger().head
    with pytest.raises(Conflict) as refused:
        apply(company)
    assert refused.value.where == "a.csv:3"
    assert company.ledger().head == head
    plan(path)
    company.customer(name="Unrelated")
    assert apply(company).made == {"customer create": 1}


@pytest.mark.req("R-INT-03")
def test_the_commit_names_the_source_and_no_content(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    path = csv_file(tmp_path / "天润名单.csv", f"{HEAD}\n天润,{REST}\n地久,{REST}\n")
    made = plan(path)
    apply(company)
    message = git(company.clone("alice"), "log", "-1", "--format=%B")
    assert f"Crmctl-Source: sha256:{made.sources[str(path)]}" in message
    assert "天润" not in message
    ledger = company.ledger()
    reasons_kept = {ledger.read(path, oid).reason for path, oid in ledger.record_blobs()}
    assert reasons_kept == {"import 天润名单.csv"}


# And back


def test_a_revert_takes_back_what_nobody_touched_and_lists_the_rest(
    company: Company, plan: Callable[..., Plan], tmp_path: Path, kept: Callable[..., Kept]
) -> None:
    edited_later = company.customer(name="Was there", note="old note", phone="010-62770000")
    path = tmp_path / "c.xlsx"
    write_sheet(company.ledger(), "customer", None, path)
    edited(path, 1, "Note", "imported note")
    edited(path, 1, "Phone", "010-62770001")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    headings = {cell.value: cell.column for cell in sheet[1]}
    for line, name in enumerate(["Untouched", "Renamed", "With visit"], 3):
        for heading, value in zip(
            ("Name", "Party type", "Source", "Lawful basis", "Obtained at"), (name, *REST.split(",")), strict=True
        ):
            sheet.cell(line, headings[heading]).value = value
    book.save(path)
    plan(path)
    imported = apply(company).commit
    ids = {str(row["name"]): str(row["id"]) for row in _customers(company)}
    update(company.ledger(), edited_later, {"phone": "010-62770002"}, Origin())
    update(company.ledger(), ids["Renamed"], {"name": "Renamed by hand"}, Origin())
    kept("visit", ids["With visit"], VISIT)

    tried = revert_import(company.ledger(), "last", dry_run=True)
    assert tried.commit is None
    done = revert_import(company.ledger(), imported or "")
    assert done.removed == tried.removed == [ids["Untouched"]]
    assert done.restored == [edited_later]
    assert {(one.where, one.field) for one in done.kept} == {
        (edited_later, "phone"), (ids["Renamed"], "name"), (ids["With visit"], ""),
    }  # fmt: skip
    now = {str(row["id"]): row for row in _customers(company)}
    assert ids["Untouched"] not in now
    assert (now[edited_later]["note"], now[edited_later]["phone"]) == ("old note", "+86 10 6277 0002")
    assert now[ids["Renamed"]]["name"] == "Renamed by hand"
    head = company.ledger().head
    assert git(company.clone("alice"), "rev-list", "--count", f"{imported}..{head}").strip() == "4"
    again = revert_import(company.ledger(), imported or "")
    assert (again.commit, again.removed, again.restored) == (None, [], [])
    assert company.ledger().head == head
    assert not [one for one in check(company.ledger()).findings if one.severity == "error"]
    assert git(company.clone("alice"), "status", "--porcelain") == ""


def test_a_revert_takes_single_entries_out_of_a_month(
    company: Company, plan: Callable[..., Plan], tmp_path: Path
) -> None:
    dossier = company.customer()
    there = company.add("transaction", {"date": "2026-11-02", "product": "leg", "amount": "5"}, customer=dossier).id
    path = csv_file(
        tmp_path / "t.csv",
        f"customer,date,product,amount\n{dossier},2026-11-03,arm,1\n{dossier},2026-11-04,foot,2\n{dossier},2026-10-04,foot,2\n",
    )
    plan(path, "transaction")
    apply(company)
    rows = {row["product"]: row for row in _transactions(company) if row["date"] != "2026-10-04"}
    update(company.ledger(), str(rows["foot"]["id"]), {"amount": "3"}, Origin())
    later = company.add("transaction", {"date": "2026-11-05", "product": "hand", "amount": "9"}, customer=dossier).id
    done = revert_import(company.ledger(), "last")
    assert len(done.removed) == 2
    assert [(one.where, one.field) for one in done.kept] == [(rows["foot"]["id"], "amount")]
    assert {row["id"] for row in _transactions(company)} == {there, later, rows["foot"]["id"]}
    assert revert_import(company.ledger(), "last").commit is None


def _transactions(company: Company) -> list[dict[str, object]]:
    from crmctl.model.monthly import rows_in

    ledger = company.ledger()
    records = (ledger.read(path, oid) for path, oid in ledger.record_blobs())
    return [dict(row) for record in records if record.kind == "transaction" for row in rows_in(record.data)]


def test_a_revert_wants_an_import(company: Company) -> None:
    with pytest.raises(NotFound):
        revert_import(company.ledger(), "last")
    company.customer()
    with pytest.raises(Refused):
        revert_import(company.ledger(), "HEAD")
    with pytest.raises(NotFound):
        revert_import(company.ledger(), "no-such-thing")


# The command line


def test_the_commands(company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = str(company.clone("alice"))
    path = csv_file(tmp_path / "a.csv", f"{HEAD}\nGood,{REST}\n,{REST}\n")
    assert main(["-C", ledger, "import", "plan", str(path), "--kind", "customer", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crmctl/import-plan/1"
    assert document["data"]["counts"] == {"customer": {"create": 1, "error": 1}}
    assert document["data"]["rows"][1]["reasons"][0]["where"] == "a.csv:3"
    assert main(["-C", ledger, "import", "apply", "--dry-run"]) == 0
    assert "a.csv:3" in capsys.readouterr().out
    assert main(["-C", ledger, "import", "apply", "--all-or-nothing"]) == 6
    assert main(["-C", ledger, "import", "apply", "--json"]) == 0
    assert main(["-C", ledger, "sheet", "客户", str(tmp_path / "out.xlsx")]) == 0
    capsys.readouterr()
    assert main(["-C", ledger, "import", "plan", str(tmp_path / "out.xlsx"), "--kind", "customer", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"]["counts"] == {"customer": {"same": 1}}
    assert main(["-C", ledger, "import", "revert", "last", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["data"]["removed"]) == 1
    assert main(["-C", ledger, "import", "revert", "last"]) == 0
    assert "Nothing is left" in capsys.readouterr().out


@pytest.mark.req("R-INT-13")
@pytest.mark.req("R-REC-09")
def test_adding_by_hand_notices_duplicates(company: Company, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = str(company.clone("alice"))
    words = ["--set", "party_type=company", "--set", "source=referral", "--set", "lawful_basis=contract",
             "--set", "obtained_at=2026-11-20T09:00"]  # fmt: skip
    there = company.customer(name="天润食品有限公司", phone="010-62770000")
    assert main(["-C", ledger, "add", "customer", "--set", "name=天潤 食品有限公司", *words, "--json"]) == 6
    error = json.loads(capsys.readouterr().out)
    assert "INT013" in json.dumps(error)
    assert there in json.dumps(error)
    assert (
        main(["-C", ledger, "add", "customer", "--set", "name=Other", "--set", "phone=010-6277 0000", *words, "--json"])
        == 0
    )
    document = json.loads(capsys.readouterr().out)
    assert [(one["code"], one["severity"]) for one in document["findings"]] == [("INT013", "warning")]
    assert (
        main(
            [
                "-C",
                ledger,
                "add",
                "customer",
                "--set",
                "name=天潤食品有限公司",
                *words,
                "--not-duplicate",
                "asked",
                "--json",
            ]
        )
        == 0
    )
    made = json.loads(capsys.readouterr().out)["data"]["id"]
    assert company.ledger().read(f"customers/{made[2:4].lower()}/{made}/core/customer.yaml.age").reason == "asked"
    found = update(company.ledger(), made, {"phone": "010-62770000"}, Origin())
    assert {finding.severity for finding in found.findings} == {"warning"}


def test_bob_sees_no_duplicate_he_cannot_open(company: Company) -> None:
    company.customer(name="天润食品有限公司")
    company.sync("alice", "bob")
    assert company.add("customer", {**_card(), "name": "天润食品有限公司"}, "bob").id


def _card() -> dict[str, object]:
    from tests.company import CARD

    return dict(CARD)
