"""By which rules each version of a record was decided: the packs in force before its change (R-AUD-10).

Nothing is written down for it: the rules are those of the commit a change was made on, and Git proves which that was.
"""

from __future__ import annotations

from dataclasses import dataclass

from crmctl.ledger.disk.yamlio import load
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.ledger import Ledger
from crmctl.model.values import Value

RULES = ("policy", "schemas")
COMPANY = "policy/company.yaml"


@dataclass(frozen=True, slots=True)
class Governed:
    """The rules one version stood under.

    commit: the change itself. policy: the commit that last changed the rules before it, with its day; None where it
    was made together with the first rules. packs: (name, version), the lowest first.
    """

    commit: str
    policy: str | None
    since: str | None
    packs: tuple[tuple[str, int | None], ...]


def governed(ledger: Ledger, path: str) -> list[Governed]:
    """The rules behind each version of the file at a path, newest first."""
    made: list[tuple[str, CommitInfo]] = []
    for commit in ledger.repo.history(ledger.head, path):
        entry = ledger.repo.entry(commit.oid, path)
        if entry is not None and made and made[-1][0] == entry.oid:
            made[-1] = (entry.oid, commit)  # the older of two that hold it is the change; the other brought it in
        elif entry is not None:
            made.append((entry.oid, commit))
    known: dict[str, Governed] = {}
    return [_governed(ledger, commit, known) for _oid, commit in made]


def _governed(ledger: Ledger, commit: CommitInfo, known: dict[str, Governed]) -> Governed:
    before = commit.parents[0] if commit.parents else commit.oid
    words = ["log", "-1", "--format=%H %cs", before, "--", *RULES]
    policy, _space, since = ledger.repo.run(*words).decode().strip().partition(" ")
    if policy not in known:
        known[policy] = Governed(commit.oid, policy or None, since or None, _packs(ledger, before))
    rules = known[policy]
    return Governed(commit.oid, rules.policy, rules.since, rules.packs)


def _packs(ledger: Ledger, commit: str) -> tuple[tuple[str, int | None], ...]:
    company = _loaded(ledger, commit, COMPANY)
    extends = company.get("extends") if isinstance(company, dict) else None
    names = [str(name) for name in extends] if isinstance(extends, list) else []
    return tuple((name, _version(_loaded(ledger, commit, f"policy/packs/{name}.yaml"))) for name in names)


def _loaded(ledger: Ledger, commit: str, path: str) -> Value:
    content = ledger.repo.read(commit, path)
    return None if content is None else load(content, path)


def _version(raw: Value) -> int | None:
    version = raw.get("version") if isinstance(raw, dict) else None
    return version if isinstance(version, int) else None
