"""The shape of a stretch of history: main's own line, and what each landing brings in, oldest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from crmctl.ledger.git.repository import Repository

_DEEPEST = 100


@dataclass(slots=True)
class Side:
    """What one further parent of a merge brings: the steps of its line, from `base` (None: from nothing)."""

    steps: list[Landing]
    base: str | None


@dataclass(slots=True)
class Landing:
    """One commit of a line, and the sides it brings in (none: a plain change; several: a bundle).

    `odd` says what no crmctl makes of it: `held` (merges what is on main already), `deep`.
    """

    commit: str
    parents: tuple[str, ...]
    sides: list[Side] = field(default_factory=list)
    odd: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it is a change by itself."""
        return len(self.parents) <= 1

    @property
    def joined(self) -> list[tuple[str | None, str]]:
        """What it joins to its first parent: base and tip of each side."""
        return [(side.base, tip) for side, tip in zip(self.sides, self.parents[1:], strict=True)]

    def flat(self) -> Iterator[Landing]:
        """All steps it brings in, in the order in which they were made, itself last."""
        for side in self.sides:
            for step in side.steps:
                yield from step.flat()
        yield self


def new_commits(repo: Repository, new: str, old: str | None) -> dict[str, tuple[str, ...]]:
    """Every commit reachable from `new` and not from `old`, with its parents."""
    words = ["rev-list", "--topo-order", "--parents", new, *([f"^{old}"] if old else [])]
    lines = (line.split() for line in repo.run(*words).decode("ascii").splitlines())
    return {words[0]: tuple(words[1:]) for words in lines}


def line_of(parents: Mapping[str, tuple[str, ...]], tip: str) -> tuple[list[Landing], str | None]:
    """Main's line from the first commit not in `parents` (the base, None for the very beginning) up to `tip`."""
    done: set[str] = set()
    return _line(parents, tip, done, 0)


def _line(
    parents: Mapping[str, tuple[str, ...]], tip: str, done: set[str], depth: int
) -> tuple[list[Landing], str | None]:
    names: list[str] = []
    at: str | None = tip
    while at is not None and at in parents and at not in done:
        names.append(at)
        at = parents[at][0] if parents[at] else None
    steps = []
    for name in reversed(names):
        step = Landing(name, parents[name])
        _look_at_sides(step, parents, done, depth)
        done.add(name)
        steps.append(step)
    return steps, at


def _look_at_sides(step: Landing, parents: Mapping[str, tuple[str, ...]], done: set[str], depth: int) -> None:
    for tip in step.parents[1:]:
        if tip not in parents or tip in done:
            step.odd = "held"
        elif depth >= _DEEPEST:
            step.odd = "deep"
        else:
            step.sides.append(Side(*_line(parents, tip, done, depth + 1)))
