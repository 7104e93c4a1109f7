"""Records of a kind as a table, and free questions in SQL, over what the member can open."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo

from crmctl.errors import InvalidInput, NotFound
from crmctl.i18n import _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.divisions import division_name
from crmctl.ledger.reading.kind_names import kind_named
from crmctl.ledger.reading.people import department_name
from crmctl.ledger.snapshot.connection import connect
from crmctl.ledger.snapshot.names import names
from crmctl.ledger.snapshot.question import Answer, ask, is_whole
from crmctl.ledger.snapshot.tables import ENVELOPE, shape_of
from crmctl.model.dossier import is_office
from crmctl.model.fields import FIELD_TYPES
from crmctl.model.kinds import Field, Kind, Label
from crmctl.model.money import from_minor
from crmctl.policy.pack_files import MAIN_AXIS

_WIDE = frozenset({"note", "list", "group", "file", "codes"})
_COLUMNS = 7
_NUMBERS = frozenset({"money", "int", "quantity", "percent", "score"})
_SPOKEN = {
    "id": ("编号", "Id"), "dossier": ("客户", "Customer"), "department": ("部门", "Department"),
    "state": ("状态", "State"),
    "entered_by": ("录入人", "Entered by"), "entered_on": ("录入日期", "Entered on"),
    "owner": ("负责人", "Owner"), "stage": ("阶段", "Stage"), "number": ("登记编号", "Number"),
}  # fmt: skip
_DEALT_WORDS = {"owner": "owner", "stage": "customer_state"}


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a kind; `existing` counts the records there are, readable or not (of a month that does not open: one).

    `called` names a customer whose card opens, or an office's department, and gives the id of another.
    """

    kind: Kind
    columns: tuple[str, ...]
    heads: tuple[tuple[str, Literal["left", "right"]], ...]
    rows: tuple[tuple[object, ...], ...]
    existing: int
    vocab: dict[str, dict[str, tuple[str, str]]]
    currency: str
    timezone: str
    schemes: Mapping[str, tuple[Label, Mapping[str, Label]]] = field(default_factory=dict)
    called: Callable[[str], str] = str

    def shown(self) -> list[tuple[object, ...]]:
        """The rows as a person reads them."""
        columns = [(name, self._field(name)) for name in self.columns]
        return [
            tuple(
                self._in_scheme(field, cell, dict(zip(self.columns, row, strict=True)))
                if field is not None and field.options.get("scheme")
                else self._spoken(name, field, cell)
                for (name, field), cell in zip(columns, row, strict=True)
            )
            for row in self.rows
        ]

    def _in_scheme(self, field: Field, cell: object, row: dict[str, object]) -> object:
        """A grade in the words of its scheme, the scheme by its name."""
        if cell is None:
            return None
        scheme = str(field.options["scheme"])
        if field.name == scheme:
            return label(self.schemes.get(str(cell), ((str(cell), str(cell)), {}))[0])
        words = self.schemes.get(str(row.get(scheme) or MAIN_AXIS), (("", ""), {}))[1]
        return label(words.get(str(cell), (str(cell), str(cell)))) if scheme in row else cell

    def documents(self) -> list[dict[str, object]]:
        """The rows as data; JSON cells opened, money as decimal text."""
        columns = [(name, self._field(name)) for name in self.columns]
        return [
            {name: self._plain(field, cell) for (name, field), cell in zip(columns, row, strict=True)}
            for row in self.rows
        ]

    def _around(self, column: str, cell: object) -> object:
        """What stands around the kind's own fields: its state, who deals with the customer."""
        if cell is None:
            return None
        if column == "state":
            return label(self.kind.states.get(str(cell), str(cell)))
        if column in _DEALT_WORDS:
            words = self.vocab.get(_DEALT_WORDS[column], {})
            return ", ".join(label(words.get(part, part)) for part in str(cell).split())
        return self.called(str(cell)) if column == "dossier" else cell

    def _field(self, column: str) -> Field | None:
        found = self.kind.field(column)
        if found is None:
            outer = next((f for f in self.kind.fields if column.startswith(f"{f.name}_") and f.fields), None)
            found = outer.inner(column.removeprefix(f"{outer.name}_")) if outer else None
        return found

    def _plain(self, field: Field | None, cell: object) -> object:
        if field is None or cell is None:
            return cell
        if field.many or field.type not in FIELD_TYPES:
            return json.loads(str(cell))
        if field.type == "money" and isinstance(cell, int):
            return from_minor(cell, self.currency)
        if field.type == "bool":
            return bool(cell)
        if field.type == "instant":
            return datetime.fromtimestamp(int(str(cell)), ZoneInfo(self.timezone)).isoformat()
        return cell

    def _spoken(self, column: str, field: Field | None, cell: object) -> object:
        if field is None or cell is None:
            return self._around(column, cell)
        plain = self._plain(field, cell)
        if field.type == "instant":
            return str(plain)[:16].replace("T", " ")
        if field.type == "choice" and not field.many:
            return label(self.vocab.get(str(field.options.get("of", "")), {}).get(str(plain), str(plain)))
        if isinstance(plain, bool):
            return _("yes") if plain else _("no")
        if isinstance(plain, list):
            return ", ".join(str(self._named(field, item)) for item in plain)
        return self._named(field, plain)

    def _named(self, field: Field, plain: object) -> object:
        """A person, a place or a customer by name."""
        if field.type == "region":
            return division_name(str(plain), field.options)
        if field.type == "ref" and field.options.get("to") == "customer":
            return self.called(str(plain))
        return label(self.vocab["owner"].get(str(plain), str(plain))) if field.type == "member" else plain


def list_kind(
    ledger: Ledger, name: str, where: str | None, columns: Sequence[str], limit: int, order: Sequence[str] = ()
) -> Listing:
    """The records of a kind by the columns of `order` (of the code's own choice), then by id.

    Raises NotFound for a kind or column, InvalidInput for the condition.
    """
    kind = kind_named(ledger, name)
    known = [*(column for column, _affinity in shape_of(kind).columns), *_dealt(kind)]
    for column in columns:
        if column not in known:
            near = get_close_matches(column, known, 1)
            hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(known)
            raise NotFound(_("{kind} has no column {column}", kind=kind.name, column=column), hint=hint)
    if where and not is_whole(where):
        raise InvalidInput(
            _("Not one whole condition: brackets, quotes or ; are off"), hint="--where \"state = 'planned'\""
        )
    chosen = tuple(columns) or _usual(kind, known)
    connection = connect(ledger, [kind.name])
    dealt = _dealt(kind)
    quoted = ", ".join(f'{dealt[column]} AS "{column}"' if column in dealt else f'"{column}"' for column in chosen)
    chosen_rows = f" WHERE ({where}\n)" if where else _still_dealt_with(ledger, kind)
    ordered = ", ".join([*(f'"{column}"' for column in order), "id"])
    sql = f'SELECT {quoted} FROM "{kind.table}"{chosen_rows} ORDER BY {ordered}'
    answer = ask(connection, sql + (f" LIMIT {limit}" if limit else ""))
    existing, opened = connection.execute(
        "SELECT coalesce(sum(existing), 0), coalesce(sum(opened), 0) FROM coverage WHERE kind = ?", (kind.name,)
    ).fetchone()
    if kind.monthly:  # files are counted there: how many entries a month has that does not open nobody can tell
        existing += connection.execute(f'SELECT count(*) FROM "{kind.table}"').fetchone()[0] - opened
    if chosen_rows and not where:  # those in a binder are not in the list, and not missing from it either
        every = connection.execute(f'SELECT count(*) FROM "{kind.table}"').fetchone()[0]
        existing -= every - connection.execute(f'SELECT count(*) FROM "{kind.table}"{chosen_rows}').fetchone()[0]
    in_force = ledger.in_force
    heads = tuple(_head(kind, column) for column in chosen)
    vocab = {key: dict(codes) for key, codes in in_force.pack.vocab.items()}
    vocab["owner"] = {member.id: (member.name, member.name) for member in in_force.org.members.values()}
    return Listing(
        kind, chosen, heads, answer.rows, existing, vocab, in_force.settings.currency, in_force.settings.timezone,
        _schemes(ledger, kind), lambda dossier: _called(ledger, dossier),
    )  # fmt: skip


def _called(ledger: Ledger, dossier: str) -> str:
    """A customer by name where its card opens, an office by its department."""
    if is_office(dossier):
        return department_name(ledger, dossier.partition("/")[2])
    return names(ledger).name_of(dossier) or dossier


def _schemes(ledger: Ledger, kind: Kind) -> Mapping[str, tuple[Label, Mapping[str, Label]]]:
    """The words of the schemes, where the kind has fields that stand in one."""
    if not any(field.options.get("scheme") for field in kind.fields):
        return {}
    from crmctl.ledger.deciding import scheme_words

    return scheme_words(ledger)


def _still_dealt_with(ledger: Ledger, kind: Kind) -> str:
    """Without a condition of one's own a list of customers leaves out those whose papers lie in a binder."""
    ended = sorted(ledger.in_force.pack.vocab.get("binder", {}))
    if kind.scope != "core" or not ended:
        return ""
    words = ", ".join(f"'{state}'" for state in ended)
    held = f'SELECT 1 FROM assignment AS held WHERE held.dossier = "{kind.table}".dossier AND held.state'
    return f" WHERE EXISTS ({held} NOT IN ({words})) OR NOT EXISTS ({held} IN ({words}))"


def query(ledger: Ledger, sql: str) -> Answer:
    """Any SELECT over the tables of all kinds. Raises InvalidInput for anything else."""
    lowered = sql.lower()
    kinds = [kind.name for kind in ledger.in_force.kinds.values() if kind.table in lowered]
    if not sql.strip():
        raise InvalidInput(_("The question is empty"), hint="crmctl query 'SELECT * FROM customer'")
    connection = connect(ledger, kinds)
    if "approval" in lowered:
        from crmctl.ledger.reading.approvals import TABLE, add_approvals

        add_approvals(connection, ledger.landed, [TABLE])
    return ask(connection, sql)


def _dealt(kind: Kind) -> dict[str, str]:
    """Columns from beside the records, name → SQL: who deals with a customer and how far it has come; the number."""
    if kind.number and kind.field("number") is None:
        return {"number": f'(SELECT given.number FROM number AS given WHERE given.record = "{kind.table}".id)'}
    if kind.scope != "core":
        return {}
    mine = f'WHERE dealt.dossier = "{kind.table}".dossier'
    one = f"SELECT group_concat({{column}}, ' ') FROM assignment AS dealt {mine}"
    columns = {"owner": "dealt.owner", "stage": "dealt.state"}
    return {name: f"({one.format(column=column)})" for name, column in columns.items() if kind.field(name) is None}


def _usual(kind: Kind, known: Sequence[str]) -> tuple[str, ...]:
    """The columns the kind's `list:` names; else where it belongs, its title and the first narrow fields."""
    if kind.listed:
        return ("id", *(name for name in kind.listed if name in known))
    outer = ["id"] + ([] if kind.scope == "core" else ["dossier"]) + (["state"] if kind.states else [])
    outer += ["number"] if kind.number else []
    narrow = [f.name for f in kind.fields if f.type not in _WIDE and not f.many]
    names = dict.fromkeys([*outer, *kind.title, *narrow])
    return tuple(name for name in names if name in known)[:_COLUMNS]


def _head(kind: Kind, column: str) -> tuple[str, Literal["left", "right"]]:
    field = kind.field(column)
    if field:
        return label(field.label), "right" if field.type in _NUMBERS else "left"
    if column == "number":
        return label(_SPOKEN[column]), "right"
    if column == "dossier" and kind.scope == "office":
        return label(_SPOKEN["department"]), "left"
    if column in dict(ENVELOPE) or column in _DEALT_WORDS:
        return label(_SPOKEN.get(column, (column, column))), "left"
    return column, "left"
