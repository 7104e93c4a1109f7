"""The Northwind sample company: people, customers and order lines in one commit, to the cent; and back."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from crmctl.exchange.apply import Applied, apply_plan
from crmctl.exchange.plan import Order, Plan
from crmctl.exchange.plan_file import keep
from crmctl.exchange.planner import plan_import
from crmctl.exchange.revert import revert_import
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import update
from crmctl.ledger.checking.check import check
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.founding import Founding, found
from crmctl.model.monthly import rows_in
from tests.company import NOW, git

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "examples/mappings/northwind/northwind.yaml"
FOLDER = Path(os.environ.get("CRMCTL_NORTHWIND") or "not named")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the Northwind CSV files are not here (CRMCTL_NORTHWIND=FOLDER)"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("northwind")


@pytest.fixture(scope="module", autouse=True)
def clock(place: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMCTL_NOW", NOW)
        patch.setenv("CRMCTL_HOME", str(place / "home"))
        yield


@pytest.fixture(scope="module")
def imported(place: Path) -> tuple[Plan, Applied]:
    found(
        place / "ledger",
        Founding("Northwind", {"trade": ("贸易", "Trade")}, "nina", "Nina", currency="USD"),
        place / "home",
    )
    ledger = opened(place)
    plan = plan_import(ledger, Order(str(FOLDER), str(MAPPING), department="trade"))
    keep(ledger, plan)
    return plan, apply_plan(ledger)


def opened(place: Path) -> Ledger:
    return Ledger(place / "ledger", home=place / "home")


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.req("R-INT-03")
def test_everything_goes_in_as_one_commit(place: Path, imported: tuple[Plan, Applied]) -> None:
    plan, applied = imported
    assert plan.left_out() == []
    assert applied.made == {"member create": 9, "customer create": 93, "transaction create": 2155}
    assert git(place / "ledger", "rev-list", "--count", "main").strip() == "2"
    assert applied.commit == git(place / "ledger", "rev-parse", "main").strip()
    message = git(place / "ledger", "log", "-1", "--format=%B")
    assert message.count("Crmctl-Source: sha256:") == len(plan.sources) == 7
    assert not [one for one in check(opened(place)).findings if one.severity == "error"]


def test_totals_are_the_files_own_to_the_cent(place: Path, imported: tuple[Plan, Applied]) -> None:
    cents = Decimal("0.01")
    customer_of = {order["OrderID"]: order["CustomerID"].strip() for order in table("orders.csv")}
    expected: Counter[str] = Counter()
    for line in table("order_details.csv"):
        total = Decimal(line["UnitPrice"]) * Decimal(line["Quantity"]) * (1 - Decimal(line["Discount"]))
        expected[customer_of[line["OrderID"]]] += int(total.quantize(cents, ROUND_HALF_UP) * 100)
    ledger = opened(place)
    codes: dict[str, str] = {}
    sums: Counter[str] = Counter()
    orders: set[str] = set()
    for path, oid in ledger.record_blobs():
        record = ledger.read(path, oid)
        if record.kind == "customer":
            codes[record.dossier] = record.data["codes"]["northwind"]  # type: ignore[index,call-overload,assignment]
        for row in rows_in(record.data) if record.kind == "transaction" else ():
            sums[record.dossier] += int(Decimal(str(row["amount"])) * 100)
            orders.add(str(row["codes"]["northwind"]).partition("/")[0])  # type: ignore[index,call-overload]
    assert len(codes) == 93
    assert len(orders) == 830
    assert {codes[dossier]: total for dossier, total in sums.items()} == dict(expected)


def test_people_supervise_and_answer_for_customers(place: Path, imported: tuple[Plan, Applied]) -> None:
    from crmctl.ledger.snapshot.connection import all_dossiers

    ledger = opened(place)
    first = {row["EmployeeID"]: row["FirstName"].lower() for row in table("employees.csv")}
    org = ledger.in_force.org
    for row in table("employees.csv"):
        member = org.members[first[row["EmployeeID"]]]
        assert member.supervisor == first.get(row["ReportsTo"])
        assert not member.has_access
    last: dict[str, tuple[str, int]] = {}
    for order in table("orders.csv"):
        last[order["CustomerID"].strip()] = max(
            last.get(order["CustomerID"].strip(), ("", 0)), (order["OrderDate"], int(order["OrderID"]))
        )
    clerk = {order["OrderID"]: first[order["EmployeeID"]] for order in table("orders.csv")}
    for dossier in all_dossiers(ledger):
        data = ledger.read(f"{dossier.folder}/core/customer.yaml.age").data
        code = data["codes"]["northwind"]  # type: ignore[index,call-overload]
        expected = clerk[str(last[str(code)][1])] if code in last else "andrew"
        assert dossier.assignments["trade"].owner == expected


def test_duplicate_looking_rows_are_named_unless_somebody_checked(place: Path, imported: tuple[Plan, Applied]) -> None:
    plan, _applied = imported
    assert {row.place for row in plan.rows if any(one.code == "INT013" for one in row.findings)} == {
        "customers.csv:85", "customers.csv:86",
    }  # fmt: skip
    unchecked = place / "unchecked.yaml"
    kept = [line for line in MAPPING.read_text("utf-8").splitlines() if "not_duplicate" not in line]
    unchecked.write_text("\n".join(kept) + "\n", "utf-8")
    found(place / "other", Founding("N", {"trade": ("贸易", "Trade")}, "nina", "Nina"), place / "home")
    strict = plan_import(
        Ledger(place / "other", home=place / "home"), Order(str(FOLDER), str(unchecked), department="trade")
    )
    assert [(row.place, row.action) for row in strict.left_out()] == [
        ("customers.csv:85", "duplicate"), ("customers.csv:86", "duplicate"),
    ]  # fmt: skip


def test_importing_again_changes_nothing_and_a_revert_keeps_what_was_edited(
    place: Path, imported: tuple[Plan, Applied]
) -> None:
    plan, applied = imported
    again = plan_import(opened(place), plan.order)
    assert {action for counts in again.counts().values() for action in counts} == {"same"}
    ledger = opened(place)
    edited = next(row for row in again.rows if row.kind == "customer" and row.title == "Around the Horn")
    update(ledger, edited.id, {"note": "called"}, Origin())
    done = revert_import(opened(place), applied.commit or "last")
    owner = opened(place).dossier(edited.id).assignments["trade"].owner
    assert {(one.where, one.field) for one in done.kept} == {(edited.id, "note"), (owner, "")}
    assert len(done.removed) == 92 + 2155 + 8
    left = [path for path, _oid in opened(place).record_blobs()]
    assert left == [f"{opened(place).dossier(edited.id).folder}/core/customer.yaml.age"]
    assert revert_import(opened(place), applied.commit or "last").commit is None
