"""The figures of composition on the Northwind sample company, computed a second time from its CSV files."""

from __future__ import annotations

import csv
import io
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from crmctl import i18n
from crmctl.exchange.apply import apply_plan
from crmctl.exchange.plan import Order
from crmctl.exchange.plan_file import keep
from crmctl.exchange.planner import plan_import
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.founding import Founding, found
from crmctl.report.catalogue import find_report
from crmctl.report.evidence import differing
from crmctl.report.fill import fill
from crmctl.report.filled import Filled
from crmctl.report.formats import draw as drawn
from crmctl.report.question import Asked
from tests.company import NOW
from tests.report.conftest import rows

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "examples/mappings/northwind/northwind.yaml"
FOLDER = Path(os.environ.get("CRMCTL_NORTHWIND") or "not named")
CENT = Decimal("0.01")
YEAR = "1997"
Line = tuple[str, str, str, str, Decimal]  # day, customer, product, region, amount

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the Northwind CSV files are not here (CRMCTL_NORTHWIND=FOLDER)"),
]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Filled]]:
    """`asked("composition", period="1997")` on the imported company."""
    place = tmp_path_factory.mktemp("northwind")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMCTL_NOW", NOW)
        patch.setenv("CRMCTL_HOME", str(place / "home"))
        before = (i18n._language, i18n._translations)
        i18n.set_language("en")
        founding = Founding("Northwind", {"trade": ("贸易", "Trade")}, "nina", "Nina", currency="USD")
        found(place / "ledger", founding, place / "home")
        ledger = Ledger(place / "ledger", home=place / "home")
        keep(ledger, plan_import(ledger, Order(str(FOLDER), str(MAPPING), department="trade")))
        apply_plan(ledger)
        ledger = Ledger(place / "ledger", home=place / "home")
        yield lambda name, **more: fill(ledger, find_report(ledger, name), Asked(**more), evidence=True)
        i18n._language, i18n._translations = before


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def lines(year: str = YEAR) -> list[Line]:
    """The order lines of a year as the files have them."""
    orders = {row["OrderID"]: row for row in table("orders.csv")}
    names = {row["CustomerID"].strip(): row for row in table("customers.csv")}
    products = {row["ProductID"]: row["ProductName"] for row in table("products.csv")}
    found_lines = []
    for line in table("order_details.csv"):
        order = orders[line["OrderID"]]
        total = Decimal(line["UnitPrice"]) * Decimal(line["Quantity"]) * (1 - Decimal(line["Discount"]))
        customer = order["CustomerID"].strip()
        region = names[customer]["Region"].strip()
        amount = total.quantize(CENT, ROUND_HALF_UP)
        if order["OrderDate"].startswith(year):
            found_lines.append((order["OrderDate"][:10], customer, products[line["ProductID"]], region, amount))
    return found_lines


def grouped(key: Callable[[Line], str]) -> dict[str, tuple[int, int, int]]:
    """For each key: how many customers and lines, and the amount in cents."""
    parts: dict[str, list[Line]] = defaultdict(list)
    for line in lines():
        parts[key(line)].append(line)
    return {name: (len({one[1] for one in part}), len(part), int(sum(one[4] for one in part) * 100))
            for name, part in parts.items()}  # fmt: skip


@pytest.mark.parametrize(("name", "column", "place"), [("products", "product", 2), ("regions", "region", 3)])
@pytest.mark.req("R-RPT-09")
@pytest.mark.req("R-RPT-10")
def test_composition_is_the_files_own_to_the_cent(
    asked: Callable[..., Filled], name: str, column: str, place: int
) -> None:
    got = rows(asked("composition", period=YEAR), name)
    want = grouped(lambda line: str(line[place]))
    assert {str(row[column] or ""): (row["buyers"], row["deals"], row["amount"]) for row in got} == want
    total = sum(amount for _buyers, _deals, amount in want.values())
    for row in got:
        exact = Decimal(100) * want[str(row[column] or "")][2] / total
        assert abs(Decimal(str(row["share"])) - exact) < Decimal("1e-9")
    assert abs(sum(Decimal(str(row["share"])) for row in got) - 100) < Decimal("1e-8")


@pytest.mark.req("R-RPT-08")
def test_customers_are_ranked_and_their_shares_add_up(asked: Callable[..., Filled]) -> None:
    got = rows(asked("composition", period=YEAR), "customers")
    want = sorted((amount, deals) for _buyers, deals, amount in grouped(lambda line: line[1]).values())[::-1]
    assert [(row["amount"], row["deals"]) for row in got] == want
    assert [row["place"] for row in got] == list(range(1, len(got) + 1))
    total, so_far = sum(amount for amount, _deals in want), 0
    for row in got:
        so_far += int(str(row["amount"]))
        assert abs(Decimal(str(row["together"])) - Decimal(100) * so_far / total) < Decimal("1e-8")


def test_the_workbook_read_back_says_the_same(asked: Callable[..., Filled]) -> None:
    filled = asked("composition", period=YEAR)
    book = load_workbook(io.BytesIO(drawn(filled, "xlsx")))
    sheet = book["By product"]
    head = [cell.value for cell in sheet[1]]
    want = grouped(lambda line: line[2])
    read = {line[0]: line for line in sheet.iter_rows(min_row=2, values_only=True)}
    total = read.pop("Total")
    assert {name: round(line[head.index("Sales")] * 100) for name, line in read.items()} == {
        name: amount for name, (_buyers, _deals, amount) in want.items()
    }  # fmt: skip
    assert round(total[head.index("Sales")] * 100) == sum(amount for _b, _d, amount in want.values())


def test_the_dashboards_trend_is_the_files_own(asked: Callable[..., Filled]) -> None:
    got = rows(asked("dashboard", as_of=date(1997, 12, 31)), "trend")
    want: dict[str, Decimal] = defaultdict(Decimal)
    for day, _customer, _product, _region, amount in lines():
        want[day[:7]] += amount
    assert {row["month"]: Decimal(str(row["amount"])) / 100 for row in got} == dict(want)
    assert len(got) == 12


@pytest.mark.parametrize("name", ["composition", "sales", "staff", "loyalty", "value", "customer-business"])
@pytest.mark.req("R-PER-14")
def test_each_figure_is_what_its_records_add_up_to(asked: Callable[..., Filled], name: str) -> None:
    filled = asked(name, period=YEAR)
    assert sum(len(table.behind or ()) for table in filled.tables) > 300
    assert differing(filled) == []


@pytest.mark.req("R-PER-14")
def test_the_staffs_sales_are_the_files_own_line_by_line(asked: Callable[..., Filled]) -> None:
    filled = asked("staff", period=YEAR)
    people = next(table for table in filled.tables if table.table.name == "people")
    values = sorted(int(str(source.value)) for source in people.behind or () if source.figure == "amount")
    assert values == sorted(int(line[4] * 100) for line in lines())
    assert sum(int(str(row["amount"] or 0)) for row in rows(filled, "people")) == sum(values)


def test_loyalty_is_the_files_own(asked: Callable[..., Filled]) -> None:
    (row,) = rows(asked("loyalty", period=YEAR), "kept")
    now, before = ({line[1] for line in lines(year)} for year in (YEAR, "1996"))
    assert (row["buyers"], row["buyers_before"], row["kept"]) == (len(now), len(before), len(now & before))
    days = defaultdict(set)
    for line in lines():
        days[line[1]].add(line[0])
    assert row["again"] == sum(len(found) > 1 for found in days.values())


def clerks() -> dict[str, str]:
    """Whose order is whose: the member that entered it, by order."""
    first = {row["EmployeeID"]: row["FirstName"].lower() for row in table("employees.csv")}
    return {row["OrderID"]: first[row["EmployeeID"]] for row in table("orders.csv")}


def by_clerk(year: str) -> dict[str, tuple[int, int]]:
    """For each member: order lines and amount in cents of a year."""
    seller, days = clerks(), {row["OrderID"]: row["OrderDate"] for row in table("orders.csv")}
    found: dict[str, list[int]] = defaultdict(list)
    for line in table("order_details.csv"):
        if days[line["OrderID"]].startswith(year):
            total = Decimal(line["UnitPrice"]) * Decimal(line["Quantity"]) * (1 - Decimal(line["Discount"]))
            found[seller[line["OrderID"]]].append(int(total.quantize(CENT, ROUND_HALF_UP) * 100))
    return {name: (len(amounts), sum(amounts)) for name, amounts in found.items()}


@pytest.mark.req("R-RPT-32")
@pytest.mark.req("R-PER-14")
def test_each_persons_sales_and_customers_are_the_files_own(asked: Callable[..., Filled]) -> None:
    got = {row["person"]: row for row in rows(asked("staff", period=YEAR), "people")}
    sold = {name: (row["deals"], row["amount"]) for name, row in got.items() if row["amount"]}
    assert sold == by_clerk(YEAR)
    seller, last = clerks(), {}  # type: dict[str, str], dict[str, str]
    for order in sorted(table("orders.csv"), key=lambda row: (row["OrderDate"], int(row["OrderID"]))):
        last[order["CustomerID"].strip()] = seller[order["OrderID"]]
    owned: dict[str, int] = defaultdict(int)
    for customer in table("customers.csv"):
        owned[last.get(customer["CustomerID"].strip(), "andrew")] += 1
    assert {name: row["customers"] for name, row in got.items() if row["customers"]} == dict(owned)


def test_the_dashboards_largest_and_how_they_moved_are_the_files_own(asked: Callable[..., Filled]) -> None:
    filled = asked("dashboard", as_of=date(1997, 12, 31))
    for name, column, place in (("products", "product", 2), ("regions", "region", 3)):
        whole, recent, earlier = (defaultdict(int) for _ in range(3))
        for line in lines():
            cents = int(line[4] * 100)
            whole[line[place]] += cents
            recent[line[place]] += cents if line[0] > "1997-09-30" else 0
            earlier[line[place]] += cents if "1997-06-30" < line[0] <= "1997-09-30" else 0
        largest = sorted(whole, key=lambda one: (-whole[one], one))[:6]
        got = rows(filled, name)
        assert [str(row[column] or "") for row in got] == largest
        for row in got:
            key = str(row[column] or "")
            assert (row["amount"], row["recent"] or 0, row["earlier"] or 0) == (whole[key], recent[key], earlier[key])
            if earlier[key]:
                exact = Decimal(100) * (recent[key] - earlier[key]) / earlier[key]
                assert abs(Decimal(str(row["change"])) - exact) < Decimal("1e-8")
    assert differing(filled) == []


def test_value_parts_the_buyers_as_the_files_do(asked: Callable[..., Filled]) -> None:
    amounts = sorted((amount for _buyers, _deals, amount in grouped(lambda line: line[1]).values()), reverse=True)
    parts: dict[str, list[int]] = {"top": [], "middle": [], "rest": []}
    for number, amount in enumerate(amounts, 1):
        place = Decimal(number) / len(amounts)
        parts["top" if place <= Decimal("0.2") else "middle" if place <= Decimal("0.5") else "rest"].append(amount)
    got = {str(row["class"]): (row["customers"], row["amount"]) for row in rows(asked("value", period=YEAR), "classes")}
    assert got == {name: (len(found), sum(found)) for name, found in parts.items()}


def test_dormant_buyers_are_those_whose_last_order_is_old(asked: Callable[..., Filled]) -> None:
    orders: dict[str, str] = {}
    for row in table("orders.csv"):
        customer, day = row["CustomerID"].strip(), row["OrderDate"][:10]
        if day <= "1997-12-31":
            orders[customer] = max(orders.get(customer, ""), day)
    want = sorted(day for day in orders.values() if day <= "1997-09-30")
    assert [row["last_trade"] for row in rows(asked("dormant", as_of=date(1997, 12, 31)), "buyers")] == want
