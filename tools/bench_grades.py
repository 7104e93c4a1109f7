"""The ledger of `bench.py` under P23: its customers admitted, the numbers set, so that grading and clocks have work."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from bench_ledger import FORMAT, MIX, BenchLedger, ledger_of

from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.setup.policy_files import adopt
from crmctl.ledger.snapshot.connection import connect

_BATCH = 1000  # admissions a commit
_ADMITTED = 0.8
_FOLLOWED = 0.97  # of those admitted: graded and looked at since, the rest are due
_POLICY = """
schema: crmctl/company/1
pack: company
version: 1
extends: [base, p23]
values:
  vip_beds: 900
  vip_volume: "2000000"
  preferred_beds: 300
  preferred_volume: "400000"
  weight_volume: 40
  weight_receivables: 30
  weight_reputation: 20
  weight_loyalty: 10
  vip_points: "90"
  preferred_points: "75"
  contact_vip: 1 month
  contact_preferred: 2 months
  contact_qualified: 3 months
  complaint_within: 5 working days
"""


def graded_ledger(root: Path, records: int, customers: int, mix: Sequence[str] = MIX) -> BenchLedger:
    """The ledger of that size under P23, made now where it is not there yet."""
    plain = ledger_of(root, records, customers, mix)
    folder = plain.folder.with_name(f"graded-{plain.folder.name}")
    made = BenchLedger(folder, plain.customers, plain.records, plain.sample)
    note = folder / "graded.json"
    if note.is_file() and json.loads(note.read_text("utf-8"))["format"] == FORMAT:
        return made
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(plain.folder, folder, symlinks=True)
    shutil.rmtree(folder / "server.git", ignore_errors=True)
    _admit(made)
    policy = folder / "policy.yaml"
    policy.write_text(_POLICY, "utf-8")
    adopt(Ledger(made.path, home=made.home), "p23")
    adopt(Ledger(made.path, home=made.home), str(policy))
    note.write_text(json.dumps({"format": FORMAT}), "utf-8")
    return made


def _admit(made: BenchLedger) -> None:
    """Admissions of the department of who measures, entered before the policy that guards them is in force."""
    numbers = random.Random(made.customers)  # noqa: S311 - made-up customers
    ledger = Ledger(made.path, home=made.home)
    sql = "SELECT dossier, owner FROM assignment WHERE department = 'east' ORDER BY dossier"
    mine = [(str(row[0]), str(row[1])) for row in connect(ledger, []).execute(sql)]
    for start in range(0, len(mine), _BATCH):
        draft = Draft(Ledger(made.path, home=made.home))
        for dossier, owner in mine[start : start + _BATCH]:
            if numbers.random() < _ADMITTED:
                day = (date(2026, 2, 1) + timedelta(days=numbers.randint(0, 200))).isoformat()
                found: dict[str, object] = {"criterion": "P23:V.1.2", "item": "good_name", "holds": True}
                found |= {"weight": 100, "score": str(numbers.randint(50, 100))}
                values: dict[str, object] = {
                    "on": day, "by": owner, "criteria": [found], "state": "admitted", "proposed_grade": "qualified",
                    "background_done": True, "decided_by": "alice", "decided_on": day,
                }  # fmt: skip
                draft.new_record(draft.kind("admission"), dossier, "east", values)
                if numbers.random() < _FOLLOWED:
                    for kind, further in _followed(day):
                        draft.new_record(draft.kind(kind), dossier, "east", further)
        draft.commit("import")
        draft.ledger.repo.close()


def _followed(day: str) -> Iterator[tuple[str, dict[str, object]]]:
    """What the policy asks for after an admission: a grade, and the stage review of the half year."""
    later = (date.fromisoformat(day) + timedelta(days=10)).isoformat()
    decided = {"decided_by": "alice", "decided_on": later}
    yield "grade", {"on": later, "axis": "grade", "grade": "qualified", "state": "approved", **decided}
    yield "stage_review", {
        "period": "2026H2", "on": "2026-11-02", "by": "alice", "state": "decided", "result": "kept",
        "performance": "如约履行。", "payment": "按期付款。", "integrity": "无不良记录。",
        "decided_by": "alice", "decided_at": "2026-11-03T09:00:00+08:00", "filed_by": "alice", "filed_on": "2026-11-04",
    }  # fmt: skip
