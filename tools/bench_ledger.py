"""The ledgers `bench.py` measures on: made by the program's own drafts, kept under `.bench/`, deterministic in shape.

Of a hundred records ten are customers, fifty visits, ten complaints, thirty transactions (rows of monthly files).
Each of two departments has twenty people who sell; who measures is one of them and heads the first.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.founding import Founding, found
from crmctl.model.org import Role

FORMAT = 5
SHARE = 10  # one record in ten is a customer
_BATCH = 200  # customers a commit
_SELLING = 20  # members of a department among whom its customers are divided, who measures among them
_OPEN = 0.01  # of the complaints
_PLACES = [
    "华北",
    "江南",
    "滨海",
    "长宁",
    "东湖",
    "西山",
    "南岭",
    "北辰",
    "金桥",
    "青浦",
    "临江",
    "海宁",
    "云台",
    "天河",
    "新城",
    "古城",
    "松江",
    "宝山",
    "武昌",
    "汉阳",
]
_NAMES = [
    "康泰",
    "仁和",
    "瑞德",
    "博爱",
    "安信",
    "同济",
    "恒通",
    "远大",
    "正源",
    "宏图",
    "明德",
    "益民",
    "普惠",
    "卓越",
    "嘉禾",
    "永新",
    "大成",
    "中联",
    "和平",
    "友谊",
]
_TYPES = [
    "医院",
    "医疗器械有限公司",
    "贸易有限公司",
    "康复中心",
    "药业股份有限公司",
    "假肢矫形中心",
    "科技有限公司",
    "门诊部",
]
_CATEGORIES = ["hospital", "hospital", "dealer", "direct", "ordinary"]
_CLASSES = ["first_a", "second_b", "second_a", "third_b", "third_a"]
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
_FIRST_DAY = date(2026, 1, 5)


@dataclass(frozen=True, slots=True)
class BenchLedger:
    """A ledger to measure on. `sample` names a few of its customers and visits."""

    folder: Path
    customers: int
    records: int
    sample: dict[str, list[str]]

    @property
    def path(self) -> Path:
        """The ledger."""
        return self.folder / "ledger"

    @property
    def home(self) -> Path:
        """CRMCTL_HOME."""
        return self.folder / "home"


MIX = ("visit",) * 5 + ("transaction",) * 3 + ("complaint",)
SALES = ("transaction",)


def ledger_of(root: Path, records: int, customers: int, mix: Sequence[str] = MIX) -> BenchLedger:
    """The ledger of that size, made now where it is not there yet; `mix` are the kinds of its records by turns."""
    folder = root / f"{records}-{customers}{'' if mix == MIX else '-' + '-'.join(mix)}"
    note = folder / "made.json"
    if note.is_file() and (made := json.loads(note.read_text("utf-8")))["format"] == FORMAT:
        return BenchLedger(folder, made["customers"], made["records"], made["sample"])
    shutil.rmtree(folder, ignore_errors=True)
    started = time.perf_counter()
    sample = _make(folder, records, customers, mix)
    seconds = round(time.perf_counter() - started, 1)
    content = {"format": FORMAT, "customers": customers, "records": records, "sample": sample, "seconds": seconds}
    note.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    print(f"made {folder.name} in {seconds} s", flush=True)
    return BenchLedger(folder, customers, records, sample)


def _make(folder: Path, records: int, customers: int, mix: Sequence[str]) -> dict[str, list[str]]:
    folder.mkdir(parents=True)
    home, path = folder / "home", folder / "ledger"
    departments = {"east": ("东区", "East"), "west": ("西区", "West")}
    found(path, Founding("Bench", departments, "alice", "Alice"), home)
    ledger = Ledger(path, home=home)
    people = [("bob", "sales", "west"), ("carol", "supervisor", "west")]
    people += [(f"{place}{number:02d}", "sales", place) for place in departments for number in range(1, _SELLING)]
    for member, role, place in people:
        add_member(ledger, create(home, member, None), member.title(), (Role(role, place, ledger.today),))
        ledger = Ledger(path, home=home)
    numbers = random.Random(records)  # noqa: S311 - made-up customers
    each = max(0, records - customers) / customers
    sample: dict[str, list[str]] = {"customer": [], "name": [], "visit": []}
    for start in range(0, customers, _BATCH):
        draft = Draft(Ledger(path, home=home))
        for number in range(start, min(start + _BATCH, customers)):
            noted = sample if number % max(2, customers // 20) == 1 else None
            _customer(draft, numbers, number, each, mix, noted)
        draft.commit("import")
        draft.ledger.repo.close()
    return sample


def _customer(
    draft: Draft, numbers: random.Random, number: int, each: float, mix: Sequence[str],
    sample: dict[str, list[str]] | None,
) -> None:  # fmt: skip
    west = number % 4 == 0
    department, first = ("west", "bob") if west else ("east", "alice")
    place = number // 4 % _SELLING
    owner = f"{department}{place:02d}" if place else first
    card = _card(numbers, number)
    kept = draft.new_customer(card, department, owner)
    visits = []
    wanted = int(each * (number + 1)) - int(each * number)
    for kind, values in _records(numbers, wanted, mix):
        made = draft.new_record(draft.kind(kind), kept.id, department, values)
        visits += [made.id] if kind == "visit" else []
    if sample is not None:
        sample["customer"].append(kept.id)
        sample["name"].append(str(card["name"]))
        sample["visit"] += visits[:1]


def _card(numbers: random.Random, number: int) -> dict[str, object]:
    pick = numbers.choice
    name = f"{pick(_PLACES)}{pick(_NAMES)}{pick(_TYPES)}{number:05d}"
    category = pick(_CATEGORIES)
    hospital = category == "hospital"
    return {
        "name": name, "party_type": "company", "category": category, "source": "referral",
        "lawful_basis": "contract", "obtained_at": "2026-01-05T09:00:00+08:00", "invoice_name": f"{name}（开票）",
        "phone": f"+86 138{number:08d}", "address": f"{pick(_PLACES)}路{numbers.randint(1, 999)}号",
        "contacts": [{"name": pick(_SURNAMES) + pick(_GIVEN), "post": "主任", "phone": f"+86 139{number:08d}"}],
        "note": "由老客户介绍，关注交货期与售后服务。", "partnership_wish": "2026-01-05", "intention": "high",
        **({"hospital_class": pick(_CLASSES), "beds": numbers.randrange(20, 1500, 10)} if hospital else {}),
    }  # fmt: skip


def _records(
    numbers: random.Random, wanted: int, mix: Sequence[str]
) -> Iterator[tuple[str, dict[str, object]]]:  # fmt: skip
    for number in range(wanted):
        day = _FIRST_DAY + timedelta(days=numbers.randint(0, 300))
        kind = mix[number % len(mix)]
        yield kind, _VALUES[kind](numbers, day)


def _visit(numbers: random.Random, day: date) -> dict[str, object]:
    return {
        "on": day.isoformat(), "topic": "介绍新产品与交货安排", "purpose": "introduce", "way": "on_site",
        "whom": numbers.choice(_SURNAMES) + "主任", "place": "院内", "minimum_goal": "约定下次见面时间",
        "state": "done", "result": "对方希望试用样品，下周答复。\n价格需要再谈。", "goal_met": "true",
        "next_step": "寄送样品与报价",
    }  # fmt: skip


def _transaction(numbers: random.Random, day: date) -> dict[str, object]:
    return {
        "date": day.isoformat(), "direction": "sell", "product": f"产品{numbers.randint(1, 40)}",
        "quantity": str(numbers.randint(1, 20)), "amount": f"{numbers.randint(100, 90000)}.50",
    }  # fmt: skip


def _complaint(numbers: random.Random, day: date) -> dict[str, object]:
    made: dict[str, object] = {
        "content": "收到的货与合同不符，要求更换。", "category": "quality", "channel": "phone",
        "from_whom": numbers.choice(_SURNAMES) + "工", "received_at": f"{day.isoformat()}T10:00:00+08:00",
    }  # fmt: skip
    if numbers.random() < _OPEN:
        return made
    later = f"{(day + timedelta(days=1)).isoformat()}T10:00:00+08:00"
    return {**made, "state": "closed", "told_at": later, "solved_at": later, "satisfaction": "satisfied"}


_VALUES = {"visit": _visit, "transaction": _transaction, "complaint": _complaint}
