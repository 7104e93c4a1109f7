"""Make the golden ledger anew with the present program: bundle, throw-away test keys, expected contents.

    python -m tests.golden.make

Two departments, two members, a group: alice founds it and sells in the east; bob sells in the west and
supervises the east, whose records he opens through the group's key; one customer of the west is not his.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from crmctl.errors import NoKey
from crmctl.ledger.changing.draft import Origin
from crmctl.ledger.changing.entry import Entry, add, update
from crmctl.ledger.checking.backup import backup
from crmctl.ledger.disk.yamlio import dump
from crmctl.ledger.keys.identity import create
from crmctl.ledger.ledger import Ledger, claim_clone
from crmctl.ledger.meeting.rewrap import rewrap
from crmctl.ledger.setup.enrol import add_member
from crmctl.ledger.setup.founding import Founding, found
from crmctl.model.org import Role
from crmctl.model.values import Value

HERE = Path(__file__).resolve().parent
MEMBERS = ("alice", "bob")
ATTACHMENT = b"%PDF-1.4 a licence that says nothing\n"
CARD: dict[str, object] = {
    "name": "北京某某医院", "party_type": "company", "category": "hospital", "source": "referral",
    "lawful_basis": "contract", "obtained_at": "2026-11-22T09:00", "phone": "010-62770000", "beds": "300",
    "contacts": [{"name": "王伟", "phone": "13800138000"}, {"name": "NO"}], "codes": "erp:010010",
}  # fmt: skip
VISIT = {
    "on": "2026-11-25", "time": "12:30", "topic": "介绍: 假肢", "purpose": "introduce", "way": "on_site", "whom": "王主任",
    "place": "院内", "minimum_goal": "约定下次见面",
}  # fmt: skip
COMPLAINT = {
    "content": "送货晚了三天\n第二行", "category": "delivery", "channel": "phone", "received_at": "2026-11-20T16:05",
}  # fmt: skip


def main() -> None:
    os.environ |= {"CRMCTL_LANG": "en", "CRMCTL_NOW": "2026-11-22T10:00:00+08:00"}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        ledger = build(work / "ledger", work / "home", work)
        for old in (HERE / "keys", HERE / "ledger-1.bundle"):
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
        for member in MEMBERS:
            shutil.copytree(work / "home/identities" / member, HERE / "keys" / member)
        backup(ledger, HERE / "ledger-1.bundle")
        (HERE / "ledger-1.bundle").chmod(0o644)
        (HERE / "expected.yaml").write_bytes(dump(expected(work)))


def build(path: Path, home: Path, work: Path) -> Ledger:
    """The ledger at `path` with everybody's keys in `home`."""
    departments = {"east": ("东区", "East"), "west": ("西区", "West")}
    found(path, Founding("某某公司", departments, "alice", "爱丽丝"), home)

    def now() -> Ledger:
        return Ledger(path, home=home)

    roles = (Role("sales", "west", now().today), Role("supervisor", "east", now().today))
    add_member(now(), create(home, "bob", None), "鲍勃", roles)
    customer = add(now(), Entry("customer", CARD, department="east")).id
    add(now(), Entry("visit", VISIT, customer=customer))
    add(now(), Entry("complaint", COMPLAINT, customer=customer))
    for day, amount in (("2026-11-02", "12,000.5"), ("2026-11-19", "-80"), ("2026-12-01", "0.01")):
        sale = {"date": day, "product": "假肢", "amount": amount}
        add(now(), Entry("transaction", sale, customer=customer))
    scan = work / "licence.pdf"
    scan.write_bytes(ATTACHMENT)
    licence = {"what": "business_licence", "number": "0012"}
    add(now(), Entry("qualification", licence, customer=customer, files={"scan": scan}))
    update(now(), customer, {"phone": "13900139000", "industry": "health"}, Origin(reason="客户来电告知"))
    add(now(), Entry("customer", {**CARD, "name": "天津厂", **other("022-62770000")}, department="west", owner="bob"))
    add(now(), Entry("customer", {**CARD, "name": "上海厂", **other("021-62770000")}, department="west", owner="alice"))
    rewrap(now())
    return now()


def other(phone: str) -> dict[str, object]:
    """What makes a card another customer's."""
    return {"codes": None, "phone": phone, "contacts": None}


def expected(work: Path) -> dict[str, Value]:
    """What each member opens: by path, the record's fields, or an attachment's hash."""
    opened: dict[str, Value] = {}
    for member in MEMBERS:
        ledger = Ledger(work / "ledger", home=work / "home")
        claim_clone(ledger.repo, member)
        opened[member] = dict(contents(Ledger(work / "ledger", home=work / "home")))
    return {"schema": "crmctl/golden/1", "opened": opened}


def contents(ledger: Ledger) -> dict[str, Value]:
    """Every sealed file the member opens: what a record says, an attachment's sha256."""
    found_there: dict[str, Value] = {}
    for path, oid in ledger.repo.walk(ledger.head):
        if not path.endswith(".age"):
            continue
        try:
            if path.endswith(".yaml.age"):
                record = ledger.read(path, oid)
                found_there[path] = {
                    "id": record.id, "kind": record.kind, "rev": record.rev, "by": record.by, "at": record.at,
                    "reason": record.reason, "data": record.data,
                }  # fmt: skip
            else:
                plain = ledger.open_sealed(path, ledger.repo.read_blob(oid))[0]
                found_there[path] = hashlib.sha256(plain).hexdigest()
        except NoKey:
            continue
    return found_there


if __name__ == "__main__":
    main()
