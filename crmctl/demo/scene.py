"""A scene: a further small company, told step by step in a file, whose policies the first one does not run under.

`examples/scenes/<name>/scene.yaml` says who there is and who enters what on which day, `policy.yaml` beside it is the
company's own policy. A text stands once for each language: `{zh: 营业厅, en: Service hall}`; what returns has a name
under `texts:` and is called `$text NAME`. Other words that begin with `$`: `crmctl.demo.playing.said`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmctl.demo.firm import Firm, Person
from crmctl.ledger.disk.yamlio import load
from crmctl.report.question import Asked
from crmctl.resources import data_path

_LANGUAGES = {"zh", "en"}


@dataclass(frozen=True, slots=True)
class Step:
    """What `by` does on a day: `-12`, so many days before today; `[-1, 12]`, of the month before the twelfth.

    Of `add`, `advance`, `approve` one is given: a kind; the name of what an earlier step added (there `called` so);
    or true for whatever waits for `by`. What is added lies with the customer `of`, else in the office of `department`.
    """

    on: int | Sequence[int]
    by: str
    department: str
    add: str | None = None
    advance: str | None = None
    approve: bool = False
    of: str | None = None
    called: str | None = None
    values: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A report that the scene shows: its name, and the customer or period that is asked for."""

    report: str
    customer: str | None = None
    period: str | None = None

    @property
    def asked(self) -> Asked:
        """The question."""
        return Asked(customer=self.customer, period=self.period)


@dataclass(frozen=True, slots=True)
class Scene:
    """The company, what it is about, texts that return, the reports it shows, and its steps in their order."""

    name: str
    firm: Firm
    about: str
    founded: int
    texts: Mapping[str, str]
    pages: Sequence[Page]
    steps: Sequence[Step]


def all_scenes(language: str) -> list[Scene]:
    """The shipped scenes by name, told in `zh_CN` or `en`."""
    folders = sorted((data_path("examples") / "scenes").iterdir())
    return [read_scene(folder, language) for folder in folders if (folder / "scene.yaml").is_file()]


def read_scene(folder: Path, language: str) -> Scene:
    """The scene of a folder."""
    raw: Any = load((folder / "scene.yaml").read_bytes(), "scene.yaml")
    told: Any = in_language(raw, "zh" if language == "zh_CN" else "en")
    departments = {key: (label[0], label[1]) for key, label in told["departments"].items()}
    own = next(iter(departments))
    people = [
        Person(key, one["name"], one.get("department", own), tuple(one["roles"]), one.get("supervisor"))
        for key, one in told["people"].items()
    ]
    firm = Firm(told["company"], departments, people, ("base", *told["packs"]), folder / "policy.yaml")
    where = {person.id: person.department for person in people}
    steps = [Step(**{"department": where[step["by"]], **step}) for step in told["steps"]]
    pages = [Page(**page) for page in told["pages"]]
    return Scene(folder.name, firm, told["about"], told["founded"], told.get("texts", {}), pages, steps)


def in_language(value: Any, language: str) -> Any:
    """The value with each text of both languages, however deep, in one of them."""
    if isinstance(value, Mapping):
        if set(value) == _LANGUAGES:
            return value[language]
        return {key: in_language(inner, language) for key, inner in value.items()}
    return [in_language(inner, language) for inner in value] if isinstance(value, list) else value
