"""The grades of an axis as a class customers are in: what cadences, priorities, filing and services go by. Pure.

`of: client` in a pack may name a question of `classes:` or an axis. A grade that is put forward counts once it is
approved; one that is reckoned when asked comes as JSON rows in a parameter of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.model.values import Value
from crmctl.policy.pack_files import axes_of
from crmctl.policy.service import ALL, Managed, Recurring, read_service

RECKONED = "reckoned_"
_WRITTEN = """
SELECT id, department, grade AS class, since FROM (
  SELECT g.dossier AS id, g.department, g.grade, g."on" AS since,
    row_number() OVER (PARTITION BY g.dossier, g.department ORDER BY g."on" DESC, g.entered_at DESC, g.id DESC) AS nth
  FROM grade g
  WHERE g.state = 'approved' AND coalesce(g.axis, 'grade') = '{axis}' AND g.product IS NULL AND g."on" <= :as_of)
WHERE nth = 1 AND grade IS NOT NULL
"""
_STATE = "SELECT a.dossier AS id, a.department, a.state AS class, a.since FROM assignment a"
_ASKED = """
SELECT json_extract(r.value, '$[0]') AS id, json_extract(r.value, '$[1]') AS department,
  json_extract(r.value, '$[2]') AS class, NULL AS since
FROM json_each(:{parameter}) r
"""


@dataclass(frozen=True, slots=True)
class Managing:
    """Who has to manage the customers of a grade."""

    axis: str
    grade: str
    managed: Managed


@dataclass(frozen=True, slots=True)
class Serving:
    """A measure that comes round for the customers of a grade."""

    axis: str
    grade: str
    measure: Recurring


def axis_questions(packs: Iterable[Mapping[str, Value]]) -> dict[str, str]:
    """The question for the class of each axis of the packs, later ones over earlier ones."""
    return {name: _question(name, raw) for pack in packs for name, _path, raw in axes_of(pack)}


def reckoned_axis(parameter: str) -> str | None:
    """The axis whose grades a parameter brings; None for any other parameter."""
    return parameter.removeprefix(RECKONED) if parameter.startswith(RECKONED) else None


def duties_of(packs: Iterable[Mapping[str, Value]]) -> Iterator[Managing | Serving]:
    """What the services of all axes ask of people; faults are told where the axes are read."""
    latest = {name: raw for pack in packs for name, _path, raw in axes_of(pack)}
    for name, raw in latest.items():
        grades = list(dict.fromkeys(_grades(raw)))
        for grade, service in read_service(raw.get("service"), (), None, "")[0].items():
            for one in grades if grade == ALL else [grade]:
                if service.managed and service.managed.code:
                    yield Managing(name, one, service.managed)
                for measure in service.recurring:
                    yield Serving(name, one, measure)


def _question(name: str, raw: Mapping[str, Value]) -> str:
    if raw.get("sets") == "state":
        return _STATE
    if raw.get("record", True) in (False, "no"):
        return _ASKED.format(parameter=RECKONED + name)
    return _WRITTEN.format(axis=name.replace("'", "''"))


def _grades(raw: Mapping[str, Value]) -> Iterator[str]:
    ladder = raw.get("ladder")
    for rung in ladder if isinstance(ladder, list) else []:
        if isinstance(rung, dict):
            yield str(rung.get("grade", ""))
