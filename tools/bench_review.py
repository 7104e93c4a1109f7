"""The ledger `bench.py` measures reviews on: a supervisor's copy before whom fifty new customers wait."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bench_beside import GIT
from bench_ledger import BenchLedger

from crmctl.ledger.changing.entry import Entry, add
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.meeting.submitting import submit
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.setup.administer import change_setup
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.founding import Founding, found
from crmctl.ledger.setup.joining import join
from crmctl.model.org import Role
from crmctl.model.values import Value

CHANGES = 50
_RULE: dict[str, Value] = {"code": "REV001", "on": ["add customer"], "slots": ["verify supervisor"]}
_CARD = {"party_type": "company", "source": "referral", "lawful_basis": "contract"}


def review_ledger(root: Path) -> BenchLedger:
    """The supervisor's copy, made now where it is not there yet."""
    folder = root / f"review-{CHANGES}"
    made = BenchLedger(folder, CHANGES, CHANGES, {})
    if made.path.is_dir():
        return made
    shutil.rmtree(folder, ignore_errors=True)
    author, server = folder / "author", folder / "server.git"
    found(author, Founding("Bench", {"east": ("东区", "East")}, "alice", "Alice"), made.home)
    subprocess.run([GIT, "init", "-q", "--bare", "-b", "main", str(server)], check=True)
    subprocess.run([GIT, "remote", "add", "origin", str(server)], cwd=author, check=True)
    ledger = Ledger(author, home=made.home)
    add_member(ledger, create(made.home, "carol", None), "Carol", (Role("supervisor", "east", ledger.today),))
    ledger = ledger.reopened()
    own = ledger.in_force.raw["policy/company.yaml"]
    if isinstance(own, dict):
        change_setup(ledger, {"policy/company.yaml": dump({**own, "review": [_RULE]})}, "policy-set", "review")
    sync(ledger.reopened())
    for number in range(CHANGES):
        name = f"第{number}号{chr(0x4E00 + number * 7)}{chr(0x5E00 + number * 11)}医院"
        values = {**_CARD, "name": name, "obtained_at": ledger.now.isoformat()}
        add(ledger.reopened(), Entry("customer", values, not_duplicate="bench"))
    submit(ledger.reopened())
    join(str(server), made.path, "carol")
    return made
