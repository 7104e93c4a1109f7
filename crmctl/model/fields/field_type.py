"""What every field type offers: parse, SQL columns, JSON Schema, an example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from crmctl.model.fields.problem import FieldProblem
from crmctl.model.values import Value

Affinity: TypeAlias = Literal["TEXT", "INTEGER"]
SqlValue: TypeAlias = int | str | None
Options: TypeAlias = Mapping[str, object]
JsonSchema: TypeAlias = dict[str, object]

NO_OPTIONS: Options = MappingProxyType({})


def as_stored(value: Value, _options: Options) -> SqlValue:
    """A text or whole number goes into SQL as it is."""
    if isinstance(value, (int, str)):
        return value
    raise TypeError(f"no SQL value for {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Companion:
    """A further SQL column `<field><suffix>`, computed from the field's value."""

    suffix: str
    sql: Affinity
    store: Callable[[Value, Options], SqlValue]


@dataclass(frozen=True, slots=True)
class FieldType:
    """One word a kind file may use in `is:`.

    `read` makes the canonical value of anything that is not empty; `options` names the marks of
    a field that the type looks at (others are ignored); `example` is shown in prompts and errors.
    """

    name: str
    sql: Affinity
    example: str
    read: Callable[[object, Options], Value]
    schema: Callable[[Options], JsonSchema]
    store: Callable[[Value, Options], SqlValue] = as_stored
    companions: tuple[Companion, ...] = ()
    options: frozenset[str] = frozenset()

    def parse(self, raw: object, options: Options = NO_OPTIONS) -> Value:
        """The canonical value of what a person typed or a sheet or YAML file held.

        parse(parse(x)) = parse(x). Raises FieldProblem; an empty cell is a problem too, since
        whether a field may be empty is not the type's affair.
        """
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            raise FieldProblem("FLD001", "Nothing is filled in")
        return self.read(raw, options)

    def to_sql(self, value: Value, options: Options = NO_OPTIONS) -> SqlValue:
        """The canonical `value` for its SQL column; None stays NULL."""
        return None if value is None else self.store(value, options)

    def columns(self, name: str, value: Value, options: Options = NO_OPTIONS) -> dict[str, SqlValue]:
        """The SQL values of field `name`: its own column, then its companions."""
        row = {name: self.to_sql(value, options)}
        for companion in self.companions:
            row[name + companion.suffix] = None if value is None else companion.store(value, options)
        return row

    def column_types(self, name: str) -> dict[str, Affinity]:
        """The affinity of each column that `columns` fills, in the same order."""
        return {name: self.sql, **{name + companion.suffix: companion.sql for companion in self.companions}}

    def json_schema(self, options: Options = NO_OPTIONS) -> JsonSchema:
        """The JSON Schema of the canonical value, for editors."""
        return self.schema(options)


def text_option(options: Options, name: str, default: str) -> str:
    """Option `name` as text; raises FieldProblem when the kind sets something else."""
    value = options.get(name, default)
    if not isinstance(value, str):
        raise bad_option(name)
    return value


def count_option(options: Options, name: str, default: int) -> int:
    """Option `name` as a whole number >= 0; raises FieldProblem when the kind sets something else."""
    value = options.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise bad_option(name)
    return value


def bad_option(name: str) -> FieldProblem:
    """The kind file, not the value, is wrong."""
    return FieldProblem("FLD023", "The kind sets {option} of this field wrongly", option=name)
