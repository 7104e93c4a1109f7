"""What is in force and still waits for somebody to take note of it: acknowledgements, before or after the landing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from crmctl.ledger.changing.placing import author_of, edits_of
from crmctl.ledger.changing.reviewing import open_slots, slots_wanted, touched_by
from crmctl.ledger.git.repository import CommitInfo
from crmctl.ledger.git.transaction import Change, write
from crmctl.ledger.ledger import MAIN, Ledger
from crmctl.ledger.reading.slots_given import BUNDLE, SLOT, SUBMIT
from crmctl.policy.review import AREAS, ReviewRule
from crmctl.rules.slots import Choice, Given, choices, stood_for
from crmctl.trust.slot import read_slot

# How long something that nobody took note of is brought up; the ledger is not searched to its beginning each time.
_DAYS = 183


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
    """What the member is to take note of, the oldest first. A policy that asks nobody costs nothing."""
    rules = [rule for rule in ledger.in_force.pack.review if _notifies(rule)]
    if not rules:
        return ()
    given = _given(ledger)
    found = []
    for info in ledger.repo.commits(_changes(ledger, rules)):
        author = ledger.in_force.org.members.get(info.author.name)
        if author is None or author.id == ledger.member_id:
            continue
        touched = touched_by(ledger.repo, info.parents[0], edits_of(ledger, info.oid), info.trailers)
        demands = slots_wanted(ledger.in_force, author, info.committed_at.date(), touched)
        standing = open_slots(demands, given.get(info.oid, ()), {author.id})
        mine = choices(standing, ledger.in_force.org, ledger.member, {author.id}, ledger.today)
        mine = tuple(item for item in mine if not item.slot.blocks)
        if mine:
            about = tuple(value for key, value in info.trailers if key == "Crmctl-Record")
            day = info.committed_at.astimezone(ledger.now.tzinfo).date()
            found.append(Notice(info.oid, author.id, day, about, mine))
    return tuple(found)


def acknowledge(ledger: Ledger, taken: Sequence[Notice]) -> None:
    """Take note of these changes: a signed commit on main for each that changes nothing."""
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


def _changes(ledger: Ledger, rules: Sequence[ReviewRule]) -> list[str]:
    """Changes on main of what these rules speak of, the oldest first."""
    paths = sorted({path for rule in rules for path in _paths(ledger, rule)})
    words = ["rev-list", "--reverse", "--no-merges", f"--since={_DAYS} days ago", ledger.main, "--", *paths]
    # our Git takes paths as they are; these are patterns
    return ledger.repo.run(*_dated(ledger, words), env={"GIT_LITERAL_PATHSPECS": "0"}).decode().split()


def _dated(ledger: Ledger, words: Sequence[str]) -> list[str]:
    """`--since` by the ledger's own clock."""
    from datetime import timedelta

    since = int((ledger.now - timedelta(days=_DAYS)).timestamp())
    return [f"--since={since}" if word.startswith("--since") else word for word in words]


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


def _given(ledger: Ledger) -> dict[str, list[Given]]:
    """The approvals since then, by the change they are for."""
    words = ["log", "-F", f"--grep={SLOT}: ", "--format=%H", "--since=", ledger.main]
    slots = ledger.repo.run(*_dated(ledger, words)).decode().split()
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
