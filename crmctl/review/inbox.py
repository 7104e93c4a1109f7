"""What was handed in for review and has not landed: bundle by bundle, and what one may do about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crmctl.errors import GitFailed
from crmctl.ledger.changing.placing import edits_of
from crmctl.ledger.changing.reviewing import slots_wanted, together, touched_by
from crmctl.ledger.git.objects import CommitInfo
from crmctl.ledger.git.transaction import merge_trees
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.pending import Stack, stacks_of
from crmctl.ledger.waiting.handed_in import Submitted, adopted_tips, foreign, submitted
from crmctl.model.findings import Finding
from crmctl.rules.slots import Choice, Given, Standing, Wanted, choices, open_slots
from crmctl.trust.review import Reviewed, judged
from crmctl.trust.verify import Judge

RETURNS = "Crmctl-Returns"
# What an approval still mends: rights it lends, and the approvals themselves.
MAY_COME = frozenset({"TRU040", "TRU043", "TRU080"})
LACKING = "TRU088"  # objects that this copy has not got
_SERVERS_MAIN = "refs/remotes/origin/main"


@dataclass(frozen=True, slots=True)
class Handed:
    """One change under review: a stack of commits that go together.

    `name` is what a person calls it (`alice/3.2`), `about` the ids it is about, `since` when it was entered.
    `open` has the approvals it needs with how far they are given, `mine` what the reader may give now. `conflict`:
    main changed the same meanwhile; `returned`: somebody sent it back as it stands; `lacking`: not all of it is here.
    """

    name: str
    stack: Stack
    authors: tuple[str, ...]
    about: tuple[str, ...]
    since: datetime
    open: tuple[Standing, ...]
    mine: tuple[Choice, ...]
    findings: tuple[Finding, ...]
    conflict: bool = False
    returned: bool = False
    lacking: bool = False

    @property
    def asks_me(self) -> bool:
        """Whether the reader may approve it as it stands."""
        return bool(self.mine) and not self.conflict and not self.returned


@dataclass(frozen=True, slots=True)
class Bundle:
    """One submission: what of it still waits.

    `whole`: nothing of it landed, met another change or was sent back, so that approvals go onto it as it stands.
    `wrong` is what makes it no bundle anybody should approve; `given` the approvals on it. `lacking`: not all of it has
    arrived here; changes that have are approved as a part, and proved then.
    """

    one: Submitted
    changes: tuple[Handed, ...]
    whole: bool
    given: tuple[Given, ...]
    wrong: tuple[Finding, ...]
    lacking: bool = False

    @property
    def name(self) -> str:
        """What a person calls it: `alice/3`."""
        return f"{self.one.member}/{self.one.number}"

    @property
    def authors(self) -> tuple[str, ...]:
        """Whose changes it holds."""
        return tuple(dict.fromkeys(author for change in self.changes for author in change.authors))

    @property
    def since(self) -> datetime:
        """When the oldest of its changes was entered."""
        return min(change.since for change in self.changes)

    @property
    def open(self) -> tuple[Standing, ...]:
        """All approvals its changes need, each demand once."""
        found = {
            (item.wanted.code, item.wanted.departments, item.wanted.steps): item
            for change in self.changes for item in change.open
        }  # fmt: skip
        return tuple(found.values())

    @property
    def asks_me(self) -> bool:
        """Whether any of it waits for the reader."""
        return not self.wrong and any(change.asks_me for change in self.changes)


def inbox(ledger: Ledger, judge: Judge | None = None) -> tuple[Bundle, ...]:
    """Everything handed in as last fetched, proved; each change once, the oldest submissions first."""
    return received(ledger, judge)[0]


def received(ledger: Ledger, judge: Judge | None = None) -> tuple[tuple[Bundle, ...], tuple[str, ...]]:
    """What `inbox` gives, and the names of branches that cannot be looked at: foreign ones, or not whole here."""
    ones, strays = submitted(ledger.repo), foreign(ledger.repo)
    if not ones:
        return (), tuple(strays)
    org = ledger.in_force.org
    if any(one.member in org.members and not org.members[one.member].active(ledger.today) for one in ones):
        done = adopted_tips(ledger)  # what a successor took over is theirs to hand in
        ones = [one for one in ones if not done.issuperset(one.tips)]
    judge = judge or _judge(ledger)
    main = servers_main(ledger)
    back = sent_back(ledger, ones)
    home = _where_each_is(ledger, ones)
    found = []
    for one in ones:
        try:
            found.append(_bundle(ledger, judge, one, main, home, back))
        except GitFailed:  # something of it is lacking here; the others stay
            strays.append(f"{one.member}/{one.number}")
    bundles = sorted((item for item in found if item), key=lambda item: (item.since, item.name))
    return tuple(bundles), tuple(sorted(strays))


def servers_main(ledger: Ledger) -> str:
    """Main as the server had it when last asked."""
    return ledger.repo.resolve(_SERVERS_MAIN) or ledger.main


def sent_back(ledger: Ledger, ones: Iterable[Submitted]) -> frozenset[str]:
    """Tips of changes that somebody sent back, by the marks on main since the oldest submission."""
    bases = list(dict.fromkeys(one.base for one in ones))
    since = ledger.repo.run("merge-base", "--octopus", *bases, check=False).decode().strip() if bases else ""
    words = ["log", "-F", f"--grep={RETURNS}: ", "--format=%H", ledger.main, *([f"^{since}"] if since else [])]
    marks = ledger.repo.run(*words).decode().split()
    return frozenset(
        value for info in ledger.repo.commits(marks) for key, value in info.trailers if key == RETURNS
    )  # fmt: skip


def _judge(ledger: Ledger) -> Judge:
    from crmctl import clock

    return Judge(ledger.repo, clock.now("UTC"), arriving=True)


def _where_each_is(ledger: Ledger, ones: Sequence[Submitted]) -> Mapping[str, str]:
    """The branch that speaks for each change: where most approvals are, else the newest."""
    ranked = sorted(ones, key=lambda one: (_approvals(ledger, one), one.number))
    return {tip: one.ref for one in ranked for tip in one.tips}


def _approvals(ledger: Ledger, one: Submitted) -> int:
    return int(ledger.repo.run("rev-list", "--count", "--first-parent", one.tip, f"^{one.bundle}"))


def _bundle(
    ledger: Ledger, judge: Judge, one: Submitted, main: str, home: Mapping[str, str], back: Collection[str]
) -> Bundle | None:
    repo = ledger.repo
    stacks, landed = stacks_of(repo, one.tips, (one.base, main))
    here = [stack for stack in stacks if home[stack.tip] == one.ref]
    if not here:
        return None
    entire = not landed and len(here) == len(one.tips)
    # what landed in part is judged by the main it was made for: the bundle as such stands on it
    reviewed = judged(repo, one.tip, main=main if entire else one.base, judge=judge)
    lacking = any(item.code == LACKING for item in reviewed.findings)
    wrong = tuple(
        item for item in reviewed.findings
        if item.code not in {*MAY_COME, LACKING} and item.args.get("commit") not in reviewed.changes
    )  # fmt: skip
    clashes = set(merge_trees(repo, one.base, one.bundle, main).conflicts) if one.base != main else set()
    whole = entire and not lacking and not clashes and not any(stack.tip in back for stack in here)
    given = reviewed.slots if whole else ()
    numbers = {tip: number for number, tip in enumerate(one.tips, 1)}
    infos = {info.oid: info for info in repo.commits([commit for stack in here for commit in stack.commits])}
    changes = []
    for stack in here:
        own = [infos[commit] for commit in stack.commits]
        paths = {change.path for change in stack.changes}
        authors = tuple(dict.fromkeys(info.author.name for info in own))
        gone = lacking and not _arrived(ledger, stack)
        asked = () if gone else _asked_of(ledger, own) if lacking else _asked(reviewed, paths)
        standing = open_slots(asked, given, reviewed.authors if whole else authors)
        changes.append(
            Handed(
                f"{one.member}/{one.number}.{numbers[stack.tip]}", stack, authors, _about(own),
                min(info.committed_at for info in own).astimezone(ledger.now.tzinfo), standing,
                choices(standing, ledger.in_force.org, ledger.member, authors, ledger.today),
                tuple(_told(reviewed, stack)), bool(paths & clashes), stack.tip in back, gone,
            )
        )  # fmt: skip
    return Bundle(one, tuple(changes), whole, given, wrong, lacking)


def _arrived(ledger: Ledger, stack: Stack) -> bool:
    try:
        for _found in ledger.repo.read_blobs([change.new_oid for change in stack.changes if change.new_oid]):
            continue
    except GitFailed:
        return False
    return True


def _asked_of(ledger: Ledger, infos: Sequence[CommitInfo]) -> tuple[Wanted, ...]:
    """The demands of a change of which all has arrived, as its commits claim them; proved once it is approved."""
    found = []
    for info in infos:
        author = ledger.in_force.org.members.get(info.author.name)
        edits = edits_of(ledger, info.oid)
        touched = touched_by(ledger.repo, info.parents[0], edits, info.trailers)
        found.append(slots_wanted(ledger.in_force, author, ledger.today, touched) if author else ())
    return together(*found)


def _asked(reviewed: Reviewed, paths: Collection[str]) -> tuple[Wanted, ...]:
    """The demands that these paths set off."""
    narrowed = (replace(item, paths=tuple(path for path in item.paths if path in paths)) for item in reviewed.wanted)
    return tuple(item for item in narrowed if item.paths)


def _about(infos: Iterable[CommitInfo]) -> tuple[str, ...]:
    """The ids the commits name; what has none (people, policy) by the commit's own words."""
    ids = [value for info in infos for key, value in info.trailers if key == "Crmctl-Record"]
    return tuple(dict.fromkeys(ids)) or tuple(dict.fromkeys(info.subject for info in infos))


def _told(reviewed: Reviewed, stack: Stack) -> Iterator[Finding]:
    return (
        item for item in reviewed.findings if item.code not in MAY_COME and item.args.get("commit") in stack.commits
    )
