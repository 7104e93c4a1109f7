"""Half-year runs over two years of Northwind's orders, computed a second time from its CSV files in plain Python."""

from __future__ import annotations

import csv
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from crmctl.errors import Refused
from crmctl.exchange.apply import apply_plan
from crmctl.exchange.plan import Order
from crmctl.exchange.plan_file import keep
from crmctl.exchange.planner import plan_import
from crmctl.ledger.affairs.grading import file_run
from crmctl.ledger.changing.draft import Draft, Origin
from crmctl.ledger.changing.regrading import Run, run
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.setup.founding import Founding, found
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.values import Value
from tests.company import NOW

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "examples/mappings/northwind/northwind.yaml"
FOLDER = Path(os.environ.get("CRMCTL_NORTHWIND") or "not named")
ENDS = [date(1996, 12, 31), date(1997, 6, 30), date(1997, 12, 31), date(1998, 6, 30)]
LEAST = {"vip": 8000, "preferred": 2500}
SHARE = {"vip": 15, "preferred": 30}
POLICY: dict[str, Value] = {
    "vocab": {"size": {"vip": ["大", "Large"], "preferred": ["中", "Middle"], "qualified": ["小", "Small"]}},
    "facts": {
        "half_volume": {
            "is": "money", "empty": "0",
            "sql": "SELECT t.dossier AS id, sum(t.amount) AS value FROM txn t WHERE t.department = :department "
                   "AND t.date > :period_from AND t.date <= :period_to GROUP BY t.dossier",
        },
        "bought": {
            "is": "bool", "empty": "no",
            "sql": "SELECT t.dossier AS id, 1 AS value FROM txn t WHERE t.department = :department "
                   "AND t.date <= :as_of GROUP BY t.dossier",
        },
    },
    "axes": {
        "size": {
            "label": ["规模", "Size"],
            "ladder": [
                {"grade": "vip", "if": f"half_volume >= {LEAST['vip']}"},
                {"grade": "preferred", "if": f"half_volume >= {LEAST['preferred']}"},
                {"grade": "qualified", "if": "bought = yes"},
            ],
            "rank": ["half_volume desc", "incumbent desc", "since asc"],
            "caps": [
                {"grade": grade, "share": f"{share}%", "per": "department", "base": {"fact": "bought"}, "over": "next_rung"}
                for grade, share in SHARE.items()
            ],
        }
    },
}  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the Northwind CSV files are not here (CRMCTL_NORTHWIND=FOLDER)"),
]


@dataclass(frozen=True)
class Half:
    """What one half year came to, by the program and by hand: customer → (grade, the grade it waits for)."""

    end: date
    program: Mapping[str, tuple[str | None, str | None]]
    by_hand: Mapping[str, tuple[str | None, str | None]]
    filed: int
    expected: int


def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def bought() -> dict[str, list[tuple[date, int]]]:
    """Customer code → (day, cents) of every order line."""
    orders = {row["OrderID"]: row for row in table("orders.csv")}
    found_lines: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for line in table("order_details.csv"):
        order = orders[line["OrderID"]]
        total = Decimal(line["UnitPrice"]) * Decimal(line["Quantity"]) * (1 - Decimal(line["Discount"]))
        cents = int(total.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)
        found_lines[order["CustomerID"].strip()].append((date.fromisoformat(order["OrderDate"][:10]), cents))
    return found_lines


def by_hand(
    end: date, lines: Mapping[str, list[tuple[date, int]]], ids: Mapping[str, str], held: Mapping[str, tuple[str, date]]
) -> dict[str, tuple[str | None, str | None]]:
    """The grades of a half year: sort, count the seats, give them out from the top."""
    before = date(end.year - (end.month == 6), 12 if end.month == 6 else 6, 31 if end.month == 6 else 30)
    volume = Counter({code: sum(c for day, c in rows if before < day <= end) for code, rows in lines.items()})
    known = [code for code, rows in lines.items() if min(day for day, _cents in rows) <= end]
    graded: dict[str, tuple[str | None, str | None]] = {ids[code]: (None, None) for code in ids}
    left, waits = set(known), dict[str, str]()
    for grade in ("vip", "preferred"):
        seats = SHARE[grade] * len(known) // 100
        fit = [code for code in left if volume[code] >= LEAST[grade] * 100]
        fit.sort(
            key=lambda code, grade=grade: (
                -volume[code], held.get(ids[code], ("", end))[0] != grade,
                str(held[ids[code]][1]) if ids[code] in held else "~", ids[code],
            )
        )  # fmt: skip
        for code in fit[:seats]:
            graded[ids[code]] = (grade, waits.get(code))
            left.discard(code)
        for code in fit[seats:]:
            waits.setdefault(code, grade)
    return graded | {ids[code]: ("qualified", waits.get(code)) for code in left}


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Half]]:
    """Run each half year, let somebody approve what is put forward, and go on to the next."""
    place = tmp_path_factory.mktemp("halves")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CRMCTL_NOW", NOW)
        patch.setenv("CRMCTL_HOME", str(place / "home"))
        founding = Founding("Northwind", {"trade": ("贸易", "Trade")}, "nina", "Nina", currency="USD")
        found(place / "ledger", founding, place / "home")

        def opened() -> Ledger:
            return Ledger(place / "ledger", home=place / "home")

        ledger = opened()
        own = ledger.in_force.raw["policy/company.yaml"]
        assert isinstance(own, dict)
        content: dict[str, Value] = {**own, **POLICY, "values": {"period_mode": "calendar", "review_months": 6}}
        change_setup(ledger, {"policy/company.yaml": dump(content)}, "policy-set", "size")
        ledger = opened()
        keep(ledger, plan_import(ledger, Order(str(FOLDER), str(MAPPING), department="trade")))
        apply_plan(ledger)
        yield list(_run_all(opened))


def _run_all(opened: object) -> Iterator[Half]:
    assert callable(opened)
    lines, held = bought(), dict[str, tuple[str, date]]()
    said: dict[str, tuple[str | None, str | None]] = {}
    codes = connect(opened(), ["customer"]).execute("SELECT id, json_extract(codes, '$.northwind') FROM customer")
    ids = {str(code): str(dossier) for dossier, code in codes}
    for end in ENDS:
        done: Run = run(opened(), "trade", end, axis="size")
        expected = by_hand(end, lines, ids, held)
        _commit, count = file_run(opened(), done)
        new = {one for one, grade in expected.items() if grade != said.get(one, (None, None))}
        said |= {one: expected[one] for one in new}
        assert file_run(opened(), run(opened(), "trade", end, axis="size"))[1] == 0
        _approve(opened(), end)
        held |= {one: (str(expected[one][0]), end) for one in new}
        program = {p.id: (p.decision.grade, p.decision.waiting_for) for p in done.proposals}
        yield Half(end, program, expected, count, len(new))


def _approve(ledger: Ledger, end: date) -> None:
    """Approve everything in one change: a seat has to be given up before somebody else takes it."""
    draft = Draft(ledger)
    rows = connect(ledger, ["grade"]).execute("SELECT path FROM grade WHERE state = 'proposed' ORDER BY id").fetchall()
    left = [str(path) for (path,) in rows]
    while left:
        stuck = [path for path in left if not _approved(draft, path, end)]
        assert len(stuck) < len(left), "two full grades wait for each other"
        left = stuck
    draft.commit("advance", "grade")


def _approved(draft: Draft, path: str, end: date) -> bool:
    try:
        draft.new_version(path, {"state": "approved", "decided_by": "nina", "decided_on": end.isoformat()}, Origin())
    except Refused:
        return False
    return True


@pytest.mark.req("R-RGD-13")
def test_every_customer_has_the_grade_that_plain_arithmetic_gives_it(halves: list[Half]) -> None:
    for half in halves:
        assert half.program == half.by_hand, half.end
        assert half.filed == half.expected, half.end


def test_the_caps_fill_and_customers_rise_and_fall(halves: list[Half]) -> None:
    """What the comparison is worth: something happened in these two years."""
    order = {"vip": 3, "preferred": 2, "qualified": 1, None: 0}
    moves = [
        order[later.program[one][0]] - order[earlier.program[one][0]]
        for earlier, later in pairwise(halves) for one in earlier.program
    ]  # fmt: skip
    assert min(moves) <= -1
    assert max(moves) >= 1
    assert any(waits for half in halves for _grade, waits in half.program.values())
    for half in halves:
        counted = Counter(grade for grade, _waits in half.program.values())
        base = sum(counted[grade] for grade in ("vip", "preferred", "qualified"))
        assert all(counted[grade] * 100 <= share * base for grade, share in SHARE.items())
