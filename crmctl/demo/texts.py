"""The invented words of a demo company, from `examples/company/<language>.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from crmctl.demo.firm import Person
from crmctl.ledger.disk.yamlio import load
from crmctl.model.kinds import Label
from crmctl.resources import data_path


@dataclass(frozen=True, slots=True)
class Place:
    """A region of a department: its division code and the telephone code."""

    code: str
    dial: str


@dataclass(frozen=True, slots=True)
class Texts:
    """All words of one language. `raw` is the file; the properties name what has a shape of its own."""

    raw: dict[str, Any]

    @property
    def company(self) -> str:
        """The company's name."""
        return str(self.raw["company"])

    @property
    def departments(self) -> dict[str, Label]:
        """Department id → label; the first is the founder's."""
        return {key: (spec["label"][0], spec["label"][1]) for key, spec in self.raw["departments"].items()}

    def places(self, department: str) -> list[Place]:
        """The regions a department works in."""
        return [Place(*str(text).split()) for text in self.raw["departments"][department]["regions"]]

    @property
    def people(self) -> list[Person]:
        """The members, the founder first."""
        members = self.raw["members"]
        return [Person(key, name, department, tuple(roles), boss) for key, name, department, roles, boss in members]

    def pick(self, rng: Random, *path: str) -> Any:
        """One entry of a list, found by its keys."""
        found: Any = self.raw
        for key in path:
            found = found[key]
        return rng.choice(found)

    def person(self, rng: Random) -> str:
        """A full name."""
        names = (self.pick(rng, "surnames"), self.pick(rng, "givens"))
        return str(self.raw["join"]).join(names if not self.raw["join"] else reversed(names))


def read_texts(language: str) -> Texts:
    """The words of `zh_CN` or `en`."""
    file = data_path("examples") / "company" / ("zh.yaml" if language == "zh_CN" else "en.yaml")
    raw = load(file.read_bytes(), file.name)
    assert isinstance(raw, dict)
    return Texts(raw)
