"""From a cell to a field's canonical value, with what a sheet adds: Excel's dates and numbers, countries of phones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crmctl.exchange.columns import Path, Vocab
from crmctl.ledger.ledger import Ledger
from crmctl.model.fields import FIELD_TYPES, FieldProblem
from crmctl.model.fields.many import many
from crmctl.model.kinds import Field, Kind
from crmctl.model.validate import options_of
from crmctl.model.values import Value


@dataclass(frozen=True, slots=True)
class Cells:
    """What reading cells of one kind needs: its choices, the ledger's zone and currency."""

    kind: Kind
    vocab: Vocab
    timezone: str
    currency: str

    @classmethod
    def of(cls, ledger: Ledger, kind: Kind) -> Cells:
        """For a kind of a ledger; its states are the choices called ""."""
        settings = ledger.in_force.settings
        vocab = {**ledger.in_force.pack.vocab, "": dict(kind.states)}
        return cls(kind, vocab, settings.timezone, settings.currency)

    def value(self, path: Path, field: Field, raw: object, *, excel: bool, country: str = "") -> Value:
        """The canonical value of a cell that is not empty. Raises FieldProblem."""
        options = {**options_of(field, self.vocab, self.timezone, self.currency), "excel": excel}
        if country:
            options["region"] = country
        kind_of = FIELD_TYPES[field.type]
        if field.type == "codes" and len(path) > 1 and path[-1] != field.name:
            read = kind_of.parse({path[-1]: raw}, options)
            assert isinstance(read, dict)
            return read[path[-1].lower()]
        return (many(kind_of) if field.many else kind_of).parse(raw, options)


def assembled(pairs: Iterable[tuple[Path, Value]]) -> dict[str, object]:
    """Values at paths as one nested mapping; numbered steps make lists, without gaps."""
    top: dict[str, object] = {}
    for path, value in pairs:
        inner = top
        for step in path[:-1]:
            below = inner.setdefault(step, {})
            assert isinstance(below, dict)
            inner = below
        inner[path[-1]] = value
    return {name: _listed(value) for name, value in top.items()}


def _listed(value: object) -> object:
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, str) and key.isdigit() for key in value):
        items = (_listed(value[key]) for key in sorted(value, key=int))
        return [item for item in items if _says_something(item)]
    return {key: _listed(item) for key, item in value.items()}


def _says_something(item: object) -> bool:
    return any(value is not None for value in item.values()) if isinstance(item, dict) else item is not None


def merged_lists(
    kind: Kind, values: Mapping[str, object], existing: Mapping[str, Value]
) -> dict[str, object]:  # fmt: skip
    """Values of a foreign sheet for a record that exists: its lists gain or change entries, never lose any.

    An entry is recognised by the first field that the sheet gives of it (a contact by the name).
    """
    result = dict(values)
    for field in kind.fields:
        given, there = values.get(field.name), existing.get(field.name)
        if field.type != "list" or not isinstance(given, list) or not isinstance(there, list):
            continue
        entries = [dict(entry) for entry in there if isinstance(entry, dict)]
        for entry in given:
            first = next(iter(entry))
            same = next((one for one in entries if one.get(first) == entry[first]), None)
            if same is None:
                entries.append(dict(entry))
            else:
                same.update(entry)
        result[field.name] = entries
    return result


def problem_is_damage(problem: FieldProblem) -> bool:
    """Whether digits were lost before the cell was read, so that its text is worth nothing."""
    return problem.code == "FLD008"
