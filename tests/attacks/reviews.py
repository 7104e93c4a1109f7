"""Changes under review as crmctl makes them, and every way in which they can be made wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.git.plan import Edit
from crmctl.ledger.git.transaction import BlobRef, Change, write
from crmctl.model.clear_files import encode_member
from crmctl.model.org import Member
from tests.attacks.forgery import AT, Forger
from tests.company import Company, git

COMPANY = "policy/company.yaml"
RULES: list[dict[str, object]] = [
    {"code": "REV001", "on": ["add customer", "change customer"], "slots": ["verify supervisor/head"]},
    {"code": "REV004", "on": "grant", "slots": ["sign head"], "unless": ["head"]},
    {"code": "REV010", "on": ["change org", "change policy"], "slots": ["verify admin"], "if_able": True},
]


class Reviews(Forger):
    """Works in alice's clone, with everybody's keys, on main as it stands there."""

    def rule(self, rules: Sequence[Mapping[str, object]]) -> str:
        """Put these review rules in force, as alice the administrator may while she is the only one."""
        content = load(self.repo.read("main", COMPANY) or b"", COMPANY)
        assert isinstance(content, dict)
        return self.put("alice", {COMPANY: dump({**content, "review": [dict(rule) for rule in rules]})})  # type: ignore[dict-item]

    def members(self, *members: Member, at: datetime = AT) -> str:
        """Write members' files as alice does."""
        return self.put("alice", {f"org/members/{m.id}.yaml": dump(encode_member(m)) for m in members}, at=at)

    def taken(self, member: str) -> str:
        """A member's own main brought here: a change not handed in."""
        git(self.repo.path, "fetch", "-q", str(self.company.clone(member)), f"main:refs/heads/taken/{member}")
        return self.repo.resolve(f"refs/heads/taken/{member}") or ""

    def edits(self, tip: str, base: str | None = None) -> dict[str, Edit]:
        """What a stack changed since it left main."""
        base = base or git(self.repo.path, "merge-base", self.main, tip).strip()
        changes = self.repo.changed(base, tip)
        return {change.path: BlobRef(change.new_oid) if change.new_oid else None for change in changes}

    def bundle(
        self, member: str, *tips: str, more: Mapping[str, Edit] | None = None, without: str | None = None,
        base: str | None = None,
    ) -> str:  # fmt: skip
        """What `submit` makes of these stacks, with something slipped in or left out."""
        main = base or self.main
        edits: dict[str, Edit] = {}
        for tip in tips:
            edits |= self.edits(tip)
        edits = {path: edit for path, edit in edits.items() if without is None or not path.endswith(without)}
        message = f"submit {len(tips)} changes\n\nCrmctl-Action: submit\n"
        return self.forge(member, {**edits, **(more or {})}, parents=[main, *tips], base=main, message=message)

    def slot(
        self, member: str, below: str, said: str, *, bundle: str | None = None, paper: str | None = None, scan: str | None = None,
        edits: Mapping[str, Edit] | None = None, key: str | None = None, at: datetime = AT,
    ) -> str:  # fmt: skip
        """What `review approve` makes: `said` is act, role and department."""
        act = said.partition(" ")[0]
        lines = [f"Crmctl-Action: {act}", f"Crmctl-Slot: {said}", f"Crmctl-Bundle: {bundle or below}"]
        lines += [f"Crmctl-Paper: {paper}"] if paper else []
        lines += [f"Crmctl-Scan: {scan}"] if scan else []
        message = f"{act} {(bundle or below)[:10]}\n\n" + "\n".join(lines) + "\n"
        change = Change(None, below, edits or {}, message, parents=[below], tree=self.repo.root(below))
        return write(self.repo, [change], self.signing(key or member), self.who(member), at)[0]

    def land(
        self, member: str, top: str, *, swapped: bool = False, more: Mapping[str, Edit] | None = None,
        base: str | None = None, at: datetime = AT,
    ) -> str:  # fmt: skip
        """Bring a top slot (or a bundle, or a change) into main."""
        main = self.main
        edits = {**self.edits(top, base), **(more or {})}
        parents = [top, main] if swapped else [main, top]
        message = f"land {member}\n\nCrmctl-Action: land\n"
        commit = self.forge(member, edits, parents=parents, base=main, message=message, at=at)
        self.set(commit)
        return commit


def reviews(company: Company, rules: Sequence[Mapping[str, object]] = RULES) -> tuple[Reviews, str]:
    """A customer of bob's that is not handed in, and rules that came into force meanwhile."""
    company.customer("bob", name="Southern Works")
    forger = Reviews(company)
    pending = forger.taken("bob")
    forger.rule(rules)
    return forger, pending
