"""What is in force and still waits for somebody to take note of it: acknowledgements, before or after the landing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crmctl.ledger.git.repository import CommitInfo
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.reading.onward import range_since
from crmctl.ledger.reading.slots_given import BUNDLE, SLOT, SUBMIT
from crmctl.model.org import Member
from crmctl.policy.review import AREAS, ReviewRule
from crmctl.review.noticed import Noticed
from crmctl.rules.slots import Choice, Given, Standing, choices, stood_for
from crmctl.trust.slot import read_slot

# How long something that nobody took note of is brought up.
_KEPT = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Notice:
    """A change on main that the reader is to take note of: who made it, when, the ids it is about, and as what."""

    commit: str
    author: str
    day: date
    about: tuple[str, ...]
    choices: tuple[Choice, ...]

    def meant_by(self, words: Iterable[str]) -> bool:
        """Whether somebody means it: by the change, or an id it is about."""
        return any(self.commit.startswith(word.lower()) or word.upper() in self.about for word in words if word)


def notices(ledger: Ledger) -> tuple[Notice, ...]:
    """What the member is to take note of, the oldest first. A policy that asks nobody costs nothing.

    Only what came to main since the last look is searched; what was answered meanwhile is forgotten.
    """
    rules = [rule for rule in ledger.in_force.pack.review if _notifies(rule)]
    if not rules:
        return ()
    noted = Noticed.load(ledger)
    if noted.main != ledger.main:
        noted.add(_changes(ledger, rules, noted.main), _given(ledger, noted.main))
    found, still = [], []
    for info in ledger.repo.commits(noted.open):
        author = ledger.in_force.org.members.get(info.author.name)
        if author is None or author.id == ledger.member_id or info.committed_at < ledger.now - _KEPT:
            continue
        standing = _standing(ledger, info, author, noted.given.get(info.oid, ()))
        if all(slot.blocks for demand in standing for slot in demand.open):
            continue
        still.append(info.oid)
        mine = choices(standing, ledger.in_force.org, ledger.member, {author.id}, ledger.today)
        mine = tuple(item for item in mine if not item.slot.blocks)
        if mine:
            about = tuple(value for key, value in info.trailers if key == "Crmctl-Record")
            day = info.committed_at.astimezone(ledger.now.tzinfo).date()
            found.append(Notice(info.oid, author.id, day, about, mine))
    noted.keep(ledger, still)
    return tuple(found)


def _standing(ledger: Ledger, info: CommitInfo, author: Member, given: Sequence[Given]) -> tuple[Standing, ...]:
    """How far the demands of a change on main are met."""
    from crmctl.ledger.changing.placing import edits_of  # where nothing is open, none of this is loaded
    from crmctl.ledger.changing.reviewing import open_slots, slots_wanted, touched_by

    touched = touched_by(ledger.repo, info.parents[0], edits_of(ledger, info.oid), info.trailers)
    demands = slots_wanted(ledger.in_force, author, info.committed_at.date(), touched)
    return open_slots(demands, given, {author.id})


def acknowledge(ledger: Ledger, taken: Sequence[Notice]) -> None:
    """Take note of these changes: a signed commit on main for each that changes nothing."""
    from crmctl.ledger.changing.placing import author_of
    from crmctl.ledger.git.transaction import Change, write

    for item in taken:
        for choice in {(one.role, one.department): one for one in item.choices}.values():
            lines = [
                "Crmctl-Action: acknowledge", f"{SLOT}: acknowledge {choice.role} {choice.department or '-'}",
                f"{BUNDLE}: {item.commit}",
            ]  # fmt: skip
            message = f"acknowledge {item.commit[:12]}\n\n" + "\n".join(lines) + "\n"
            main = ledger.main
            change = Change(MAIN, main, {}, message, parents=[main], tree=main, expected=main)
            write(ledger.repo, [change], ledger.identity.sign, author_of(ledger), ledger.now)
            ledger = ledger.reopened()


def _notifies(rule: ReviewRule) -> bool:
    routed = rule.route.steps.values() if rule.route else ()
    return any(not slot.blocks for steps in (rule.steps, *routed) for step in steps for slot in step)


def _changes(ledger: Ledger, rules: Sequence[ReviewRule], since: str | None) -> list[str]:
    """Changes of what these rules speak of that came to main since a commit of it, the oldest first."""
    paths = sorted({path for rule in rules for path in _paths(ledger, rule)})
    words = ["rev-list", "--reverse", "--no-merges", *_range(ledger, since), "--", *paths]
    # our Git takes paths as they are; these are patterns
    return ledger.repo.run(*words, env={"GIT_LITERAL_PATHSPECS": "0"}).decode().split()


def _range(ledger: Ledger, since: str | None) -> list[str]:
    """What a search goes through: from a commit on, at most as far back as something is brought up."""
    return [f"--since={int((ledger.now - _KEPT).timestamp())}", *range_since(ledger, since)]


def _paths(ledger: Ledger, rule: ReviewRule) -> Iterator[str]:
    for trigger in rule.on:
        kind = ledger.in_force.kinds.get(trigger.what)
        if not trigger.action:
            yield from (":(glob)customers/*/*/dossier.yaml", ":(glob)offices/*/office.yaml")
        elif trigger.what in AREAS:
            yield trigger.what
        elif kind is not None and kind.single:
            yield f":(glob)customers/*/*/*/{kind.name}.yaml.age"
        elif kind is not None:
            yield f":(glob)**/{kind.folder}/*"


def _given(ledger: Ledger, since: str | None) -> dict[str, list[Given]]:
    """The approvals that came to main since a commit of it, by the change they are for."""
    words = ["log", "-F", f"--grep={SLOT}: ", "--format=%H", *_range(ledger, since)]
    slots = ledger.repo.run(*words).decode().split()
    found: dict[str, list[Given]] = {}
    for info in reversed([*ledger.repo.commits(slots)]):
        item = _as_given(ledger, info)
        if item is not None:
            for change in _changes_of(ledger, item[0]):
                found.setdefault(change, []).append(item[1])
    return found


def _as_given(ledger: Ledger, info: CommitInfo) -> tuple[str, Given] | None:
    said = read_slot(info)
    member = ledger.in_force.org.members.get(info.author.name)
    if said is None or member is None or ledger.repo.resolve(said.bundle) is None:
        return None
    holder = stood_for(ledger.in_force.org, member, said.role, said.department, info.committed_at.date())
    stands_for = holder if holder not in {None, member.id} else None
    return said.bundle, Given(
        said.act, said.role, said.department, member.id, stands_for, said.paper, info.oid, (), said.scan
    )


def _changes_of(ledger: Ledger, named: str) -> list[str]:
    """The change itself, or all that a bundle brought."""
    info = ledger.repo.commit(named)
    if len(info.parents) < 2 or ("Crmctl-Action", SUBMIT) not in info.trailers:
        return [named]
    base, *tips = info.parents
    return ledger.repo.run("rev-list", "--no-merges", *tips, f"^{base}").decode().split()
