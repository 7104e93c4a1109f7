"""The log of what a member looked at, where the policy asks for it (R-ACL-25): sealed here, handed in with a sync.

It is evidence of honest work through the tool. Who opens a record by other means leaves nothing here.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from crmctl.errors import CrmctlError
from crmctl.ledger.changing.draft import Draft
from crmctl.ledger.disk.files import write_new
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.keys.seal import seal
from crmctl.ledger.ledger import Ledger
from crmctl.model.access import compartment_pattern
from crmctl.model.values import Value

_KIND = "reading"
_ROWS_AT_MOST = 500


def note_reading(ledger: Ledger, dossier: str, compartment: str, record: str) -> bool:
    """Note that this member looked at a record, if the policy's `read_log` names its compartment. Whether it did."""
    asked = ledger.values().get("read_log")
    shown = ledger.dossier(dossier)
    if not isinstance(asked, list) or compartment_pattern(shown.id, compartment) not in asked:
        return False
    if not dossier.startswith("C-"):
        return False
    row: dict[str, Value] = {
        "at": ledger.now.isoformat(), "customer": dossier, "part": compartment, "record": record
    }  # fmt: skip
    folder = _folder(ledger)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{time.time_ns()}-{os.urandom(3).hex()}.age"
    write_new(folder / name, seal(dump(row), ledger.identity.opens))
    return True


def hand_in_readings(ledger: Ledger) -> int:
    """Put what was noted into records of the member's department. Returns how many rows.

    What was noted is forgotten here only once it stands in the ledger.
    """
    files = sorted(_folder(ledger).glob("*.age"))[:_ROWS_AT_MOST] if _folder(ledger).is_dir() else []
    departments = ledger.member.departments(ledger.today) or [*ledger.in_force.org.departments]
    if not files or not departments or _KIND not in ledger.in_force.kinds:
        return 0
    opener, rows, done = ledger.identity.opener(), [], []
    for file in files:
        try:
            rows.append(load(opener.open(file.read_bytes(), file.name), file.name))
            done.append(file)
        except CrmctlError:
            continue  # sealed to keys since changed, or spoiled
    if not rows:
        return 0
    draft = Draft(ledger)
    values = {"member": ledger.member_id, "rows": rows}
    draft.new_record(draft.kind(_KIND), f"office/{departments[0]}", departments[0], values)
    draft.commit("add", _KIND)
    for file in done:
        file.unlink(missing_ok=True)
    return len(rows)


def _folder(ledger: Ledger) -> Path:
    return ledger.repo.common_dir / "crmctl" / "readings" / ledger.member_id
