"""Land what was reviewed: the wraps from the outbox onto the keyring, the bundle with its slots onto main (ADR 0023).

Both are made and pushed before this copy's own branches move: of two who land at once the server takes one,
and the other finds it done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from secrets import randbelow
from time import sleep

from crmctl.errors import Conflict, GitFailed, InvalidInput, NoKey, NotFound, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.changing.placing import author_of
from crmctl.ledger.changing.wrapping import Wrapping, keyring_change
from crmctl.ledger.git.gate import Gate, Progress
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.git.plan import BlobRef, Edit
from crmctl.ledger.git.remote import push
from crmctl.ledger.git.transaction import Change, merge_trees, write
from crmctl.ledger.keys.keyring import Keyring
from crmctl.ledger.keys.turning import lapsed
from crmctl.ledger.ledger import MAIN, Ledger, parse_dossier
from crmctl.ledger.meeting.sync import sync
from crmctl.ledger.outbox import lines_of, outbox_ref, servers_outbox
from crmctl.ledger.pending import stacks_of
from crmctl.ledger.reading.slots_given import BUNDLE, bundle_below
from crmctl.ledger.waiting.handed_in import submitted
from crmctl.model.dossier import Dossier, wraps_folder
from crmctl.model.paths import dossier_of

_TRIES = 8
_CLEAR = ("/dossier.yaml", "/office.yaml")


def land(ledger: Ledger, top: str, *, gate: Gate | None = None, progress: Progress | None = None) -> str:
    """Land the bundle below `top` (its last slot) on the server's main. Returns the landing's commit id.

    Landed by somebody else meanwhile it gives that landing. Raises Conflict when main has another version of
    what it changes (the author's next sync makes it anew), InvalidInput when `top` stands on no bundle,
    GitFailed when the server refuses.
    """
    bundle = bundle_below(ledger.repo, top)
    if bundle is None:
        raise InvalidInput(_("This was not handed in for review"), where=top[:12])
    for attempt in range(_TRIES):
        if attempt:
            sleep(attempt * (20 + randbelow(180)) / 1000)
        sync(ledger, progress, gate=gate, strict=False)
        ledger = ledger.reopened()
        done = _landed_as(ledger, bundle)
        if done is not None:
            return done
        *keyring, landing = _made(ledger, bundle, top)
        if gate:
            gate.given(ledger.repo, landing, keyring[0] if keyring else ledger.keyring.tip)
        refspecs = [*(f"{commit}:{ledger.keyring.ref}" for commit in keyring), f"{landing}:{MAIN}"]
        outcome = push(ledger.repo, refspecs, progress=progress)
        if outcome.result == "refused":
            raise GitFailed(_("The server refused: {said}", said=outcome.said), hint="crmctl check")
        if outcome.result == "done":
            _take_branches_away(ledger, landing)
            sync(ledger.reopened(), progress, gate=gate, strict=False)
            return landing
    raise Conflict(_("Others are writing all the time; nothing is lost"), hint=_("Run it again in a minute"))


def _made(ledger: Ledger, bundle: CommitInfo, top: str) -> list[str]:
    """The keyring commit (where wraps are to fold in) and the landing, written but with no ref on them."""
    edits = _edits(ledger, bundle, top)
    keyring = [replace(change, ref=None, expected=None) for change in _folded(ledger, bundle, edits)]
    named = "@0" if keyring else ledger.keyring.tip
    message = f"land {bundle.oid[:12]}\n\nCrmctl-Action: land\n{BUNDLE}: {bundle.oid}\nCrmctl-Keyring: {named}\n"
    landing = Change(None, ledger.main, edits, message, parents=[ledger.main, top])
    return write(ledger.repo, [*keyring, landing], ledger.identity.sign, author_of(ledger), ledger.now)


def _edits(ledger: Ledger, bundle: CommitInfo, top: str) -> Mapping[str, Edit]:
    repo, (base, *tips) = ledger.repo, bundle.parents
    if stacks_of(repo, tips, (ledger.main,))[1]:
        raise Conflict(_("Part of it has landed already"), where=bundle.oid[:12], hint="crmctl submit")
    merged = merge_trees(repo, base, top, ledger.main)
    if merged.conflicts:
        where = dossier_of(merged.conflicts[0]) or merged.conflicts[0]
        raise Conflict(
            _("It was changed here and elsewhere meanwhile"), where=where,
            hint=_("Who handed it in runs crmctl sync and crmctl submit; then look at it again"),
        )  # fmt: skip
    return merged.edits


def _landed_as(ledger: Ledger, bundle: CommitInfo) -> str | None:
    """The landing on main that brought the whole bundle; None while anything of it is not there."""
    repo, tips = ledger.repo, bundle.parents[1:]
    if stacks_of(repo, tips, (ledger.main,))[0]:
        return None
    since = [f"^{parent}" for parent in bundle.parents[:1]]
    for info in repo.commits(repo.run("rev-list", "--first-parent", "--reverse", ledger.main, *since).decode().split()):
        if len(info.parents) > 1 and not stacks_of(repo, tips, (info.oid,))[0]:
            return info.oid
    return ledger.main


# Wraps


def _folded(ledger: Ledger, bundle: CommitInfo, edits: Mapping[str, Edit]) -> list[Change]:
    """The keyring commit with the authors' waiting wraps of what lands, and those still lacking that can be made."""
    wrapping = Wrapping(ledger)
    dossiers = [parse_dossier(_content(ledger, edit), path) for path, edit in edits.items()
                if path.endswith(_CLEAR) and edit is not None]  # fmt: skip
    for dossier in dossiers:
        wrapping.put(dossier)
    lines = dict(_waiting_lines(ledger, bundle, {dossier.id: dossier for dossier in dossiers}, edits))
    for dossier in dossiers:
        _extend(ledger, wrapping, dossier, lines)
        _shed(ledger, wrapping, dossier)
    for file, made in wrapping.lines.items():
        lines[file] = {**made, **lines.get(file, {})}
    return keyring_change(ledger, lines, wrapping.dropped)


def _waiting_lines(
    ledger: Ledger, bundle: CommitInfo, dossiers: Mapping[str, Dossier], edits: Mapping[str, Edit]
) -> Iterable[tuple[str, dict[tuple[str, int], bytes]]]:
    for outbox in _outboxes(ledger, bundle):
        for file, held in lines_of(outbox).items():
            folder, _slash, reader = file.rpartition("/")
            dossier = dossiers.get(dossier_of(file) or "")
            there = ledger.keyring.wraps(folder, reader)
            wanted = {
                line: sealed for line, sealed in held.items()
                if line not in there and (
                    _is_due(ledger, dossier, reader, line) if dossier
                    else folder.startswith("groups/") and "org/groups.yaml" in edits
                )
            }  # fmt: skip
            if wanted:
                yield file, wanted


def _is_due(ledger: Ledger, dossier: Dossier, reader: str, line: tuple[str, int]) -> bool:
    entry = dossier.compartments.get(line[0])
    known = entry is not None and entry.public(line[1]) is not None
    return known and reader in ledger.expected_readers(dossier, line[0])


def _outboxes(ledger: Ledger, bundle: CommitInfo) -> Iterable[Keyring]:
    repo, (base, *tips) = ledger.repo, bundle.parents
    stacks, _landed = stacks_of(repo, tips, (base,))
    authors = {info.author.name for stack in stacks for info in repo.commits(stack.commits)}
    for author in sorted(authors):
        refs = [servers_outbox(author), *([outbox_ref(author)] if author == ledger.member_id else [])]
        for tip in filter(None, map(repo.resolve, refs)):
            yield Keyring(repo, ledger.in_force.settings.epoch, tip)


def _extend(
    ledger: Ledger, wrapping: Wrapping, dossier: Dossier, lines: Mapping[str, Mapping[tuple[str, int], bytes]]
) -> None:
    """Wraps that neither keyring nor outbox has: readers the policy has come to name since."""
    held = wrapping.held(dossier.id)
    for file, waiting in lines.items():
        if dossier_of(file) == dossier.id:
            reader = file.rpartition("/")[2]
            held[reader] = {**held.get(reader, {}), **waiting}
    for name, entry in dossier.compartments.items():
        wanted = ledger.expected_readers(dossier, name)
        if all((name, number) in held.get(reader, {}) for reader in wanted for number in entry.generations):
            continue
        try:
            wrapping.extend_readers(dossier.id, [name])
        except (NoKey, TrustBroken):
            continue  # another holder's sync makes it


def _shed(ledger: Ledger, wrapping: Wrapping, dossier: Dossier) -> None:
    """Former readers' wraps of compartments whose key the bundle turns."""
    held = ledger.wraps_of(dossier.id)
    try:
        before = ledger.landed.dossier(dossier.id).compartments
    except NotFound:
        return
    for name, entry in dossier.compartments.items():
        if name in before and before[name].generation < entry.generation:
            for reader, lines in lapsed(held, name, ledger.expected_readers(dossier, name)).items():
                wrapping.dropped.setdefault(f"{wraps_folder(dossier.id)}/{reader}", set()).update(lines)


def _content(ledger: Ledger, edit: Edit) -> bytes:
    return ledger.repo.read_blob(edit.oid) if isinstance(edit, BlobRef) else edit or b""


def _take_branches_away(ledger: Ledger, landing: str) -> None:
    """The branches of what has landed, in one piece or in parts; a server that keeps them is no reason to fail."""
    done = [one for one in submitted(ledger.repo) if not stacks_of(ledger.repo, one.tips, (landing,))[0]]
    if done:
        push(ledger.repo, [f":{one.ref}" for one in done], {one.ref: one.tip for one in done})
