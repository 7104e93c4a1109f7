"""What a server takes on the branches beside main: bundles under review and waiting keys.

A server learns from Git which branch moves, not who moves it. So what shall replace another's work must be signed by
its member; what is only deleted is refused where the server says that somebody else pushes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from crmctl.errors import CrmctlError
from crmctl.ledger.git.ancestry import is_ancestor
from crmctl.ledger.git.objects import FILE_MODE
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.seal import check_header
from crmctl.model.findings import Finding
from crmctl.model.wraps import WrapError, read_wraps
from crmctl.trust.review import judged
from crmctl.trust.signed import signed_well
from crmctl.trust.verify import Judge
from crmctl.trust.words import found

REVIEW, OUTBOX = "refs/heads/review/", "refs/heads/outbox/"
# Who pushes, where a server says so to its hooks.
_PUSHER = ("CRMCTL_PUSHER", "GL_USERNAME", "GL_USER", "GITEA_PUSHER_NAME", "REMOTE_USER")
# What may still come right: approvals that are missing, and rights that an approval lends.
_MAY_COME = frozenset({"TRU040", "TRU043", "TRU080"})


def is_beside(ref: str) -> bool:
    """Whether a branch stands beside main: it may move in other ways than forward."""
    return ref.startswith((REVIEW, OUTBOX))


def beside_main(judge: Judge, main: str, ref: str, old: str | None, new: str | None) -> Iterator[Finding]:
    """What is wrong with moving such a branch; `main` as it stands once the push is taken."""
    member = ref.removeprefix(REVIEW).removeprefix(OUTBOX).partition("/")[0]
    if new is None:
        if old is not None and not _may_go(judge, main, member, old):
            yield found("TRU070", "", ref)
    elif ref.startswith(REVIEW):
        yield from _review(judge, main, ref, member, old, new)
    else:
        yield from _outbox(judge, main, ref, member, new)


def _may_go(judge: Judge, main: str, member: str, old: str) -> bool:
    """By its member, once it is on main, and where nobody says who pushes."""
    pusher = next((name for name in map(os.environ.get, _PUSHER) if name), None)
    members = judge.set_ups.at(main).org.members
    return pusher is None or pusher == member or pusher not in members or _landed(judge.repo, main, old)


def _landed(repo: Repository, main: str, tip: str) -> bool:
    """Whether main holds every change of a bundle; the bundle itself may have been made anew for the landing."""
    lacking = repo.run("rev-list", "--no-merges", tip, f"^{main}").split()
    return all(any(key == "Crmctl-Slot" for key, _v in repo.commit(oid.decode()).trailers) for oid in lacking)


def _review(judge: Judge, main: str, ref: str, member: str, old: str | None, new: str) -> Iterator[Finding]:
    reviewed = judged(judge.repo, new, main=main, judge=judge)
    yield from (finding for finding in reviewed.findings if finding.code not in _MAY_COME)
    forward = old is None or is_ancestor(judge.repo, old, new)
    signer = judge.repo.commit(reviewed.bundle).author.name if reviewed.bundle else None
    if not forward and reviewed.bundle and signer != member:
        yield found("TRU071", new, ref)
    if old is None and reviewed.bundle and member not in {signer, *reviewed.authors}:
        yield found("TRU072", new, ref)


def _outbox(judge: Judge, main: str, ref: str, member: str, new: str) -> Iterator[Finding]:
    """One commit without a parent, by the member, that holds wrap files and nothing else."""
    repo = judge.repo
    info = repo.commit(new)
    if info.author.name != member:
        yield found("TRU071", new, ref)
        return
    yield from signed_well(info, judge.view(main, repo.commit(main).committed_at), judge.now, ref)
    if info.parents:
        yield found("TRU016", new, ref, why="parents")
        return
    limit = judge.rules.limits["clear"]
    for change in repo.changed(None, new):
        if change.new_mode != FILE_MODE or not change.path.startswith(("dossiers/", "offices/", "groups/")):
            yield found("TRU066", new, change.path, why=change.new_mode if change.new_mode != FILE_MODE else "path")
            continue
        content = repo.read_blob(change.new_oid or "")
        if len(content) > limit:
            yield found("TRU034", new, change.path, limit=limit)
            continue
        try:
            for sealed in read_wraps(content).values():
                check_header(sealed, change.path)
        except (WrapError, CrmctlError) as error:
            yield found("TRU066", new, change.path, why=str(error))
