"""The shape of a stretch of history: main's own line, and what each landing brings in, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from crmctl.ledger.git import Repository

_DEEPEST = 100


@dataclass(slots=True)
class Landing:
    """One commit of a line. `second` are the steps of the line it lands (none: a plain change), from `base`.

    `odd` says what no crmctl makes of it: `octopus`, `held` (merges what is on main already), `deep`.
    """

    commit: str
    parents: tuple[str, ...]
    second: list[Landing] = field(default_factory=list)
    base: str | None = None
    odd: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it is a change by itself."""
        return len(self.parents) <= 1

    def flat(self) -> Iterable[Landing]:
        """All steps it brings in, in the order in which they were made, itself last."""
        for step in self.second:
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
        _look_at_second(step, parents, done, depth)
        done.add(name)
        steps.append(step)
    return steps, at


def _look_at_second(step: Landing, parents: Mapping[str, tuple[str, ...]], done: set[str], depth: int) -> None:
    if step.is_plain:
        return
    if len(step.parents) > 2:
        step.odd = "octopus"
    elif step.parents[1] not in parents or step.parents[1] in done:
        step.odd = "held"
    elif depth >= _DEEPEST:
        step.odd = "deep"
    else:
        step.second, step.base = _line(parents, step.parents[1], done, depth + 1)
