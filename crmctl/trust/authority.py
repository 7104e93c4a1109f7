"""Who may change what, as `authority.yaml` says: paths, fields of a dossier, branches, limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crmctl.errors import BadConfiguration
from crmctl.i18n import _
from crmctl.ledger.disk.yamlio import load
from crmctl.model.values import Value

FILE = Path(__file__).with_name("authority.yaml")
_SORTS = frozenset({"clear", "dossier", "sealed"})
_ACTIONS = ("add", "change", "remove")


@dataclass(frozen=True, slots=True)
class PathRule:
    """One line of `paths`: what sort of file stands there and the terms that may add, change or remove it."""

    pattern: re.Pattern[str]
    sort: str
    terms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Authority:
    """The whole file."""

    paths: tuple[PathRule, ...]
    fields: Mapping[str, tuple[str, ...]]
    branches: tuple[re.Pattern[str], ...]
    lands_others: tuple[str, ...]
    limits: Mapping[str, int]

    def rule(self, path: str) -> PathRule | None:
        """The first line whose pattern fits the path."""
        return next((rule for rule in self.paths if rule.pattern.fullmatch(path)), None)

    def knows_branch(self, name: str) -> bool:
        """Whether a server may hold a branch of that name."""
        return any(pattern.fullmatch(name) for pattern in self.branches)


@cache
def authority() -> Authority:
    """The authority in force in this version of crmctl."""
    return read_authority(FILE.read_bytes(), FILE.name)


def read_authority(content: bytes, where: str) -> Authority:
    """Read an authority file. Raises BadConfiguration naming what is off, InvalidInput for bad YAML."""
    top = _mapping(load(content, where), where)
    lines = top.get("paths")
    return Authority(
        tuple(_rule(_mapping(line, where), where) for line in (lines if isinstance(lines, list) else [])),
        {name: _terms(terms, where) for name, terms in _mapping(top.get("dossier"), where).items()},
        tuple(_pattern(text) for text in _terms(top.get("branches"), where)),
        _terms(_mapping(top.get("landing"), where).get("others"), where),
        {name: int(str(size)) for name, size in _mapping(top.get("limits"), where).items()},
    )


def _rule(line: Mapping[str, Value], where: str) -> PathRule:
    unknown = line.keys() - {"path", "is", *_ACTIONS}
    sort = line.get("is")
    if unknown or sort not in _SORTS:
        raise _off(where, str(line.get("path")))
    terms = {action: _terms(line.get(action, []), where) for action in _ACTIONS}
    return PathRule(_pattern(str(line["path"])), str(sort), terms)


def _pattern(text: str) -> re.Pattern[str]:
    """`*` stands for one name, `**` at the end for anything below."""
    parts = [re.escape(part).replace(r"\*\*", r".+").replace(r"\*", r"[^/]+") for part in text.split("/")]
    return re.compile("/".join(parts))


def _terms(raw: Value, where: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(term, str) for term in raw):
        raise _off(where, str(raw))
    return tuple(str(term) for term in raw)


def _mapping(raw: Value, where: str) -> dict[str, Value]:
    if not isinstance(raw, dict):
        raise _off(where, str(raw))
    return raw


def _off(where: str, what: str) -> BadConfiguration:
    return BadConfiguration(_("The authority file does not read at {what}", what=what), where=where)
