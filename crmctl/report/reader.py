"""Read a report folder's files; every fault is named with file, line and nearest right word."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import NoReturn, cast

from crmctl.errors import BadConfiguration, CrmctlError
from crmctl.i18n import _
from crmctl.ledger.disk.yamlio import Positions, load_located
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.report.definition import (
    CHARTS,
    COLUMN_TYPES,
    LAYOUTS,
    NUMBERS,
    PERIODS,
    SCOPES,
    SHAPES,
    SUMMABLE,
    Chart,
    ChartName,
    Column,
    ColumnType,
    Evidence,
    Layout,
    PeriodName,
    Report,
    ScopeName,
    Shape,
    Table,
    View,
)
from crmctl.report.views import VIEW_NAME, VIEWS, with_views

FILE = "report.yaml"
SCHEMA = "crmctl/report-folder/1"
NAME = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_KEYS = (
    "schema",
    "title",
    "about",
    "audience",
    "scope",
    "period",
    "page",
    "document",
    "packs",
    "shape",
    "letter",
    "views",
    "defaults",
    "words",
    "tables",
)
_TABLE_KEYS = ("sql", "title", "columns", "layout", "by", "note", "empty", "chart", "evidence")
_EVIDENCE_KEYS = ("kind", "kind_in", "column")
_CHART_KEYS = ("is", "label", "value", "change")
_COLUMN_KEYS = ("is", "of", "label", "total", "month", "key", "empty")
_NEEDS_OF = frozenset({"choice", "state", "field"})
_MONTHS = 120
Path = tuple[str | int, ...]


def read_report(
    name: str, folder: str, files: Mapping[str, bytes], *, own: bool, views: Callable[[str], bytes | None] | None = None
) -> Report:
    """The report of a folder's files (name → content). Raises BadConfiguration with file and line.

    `views` gives the SQL of a shared view by its name.
    """
    return _Reader(name, folder, files, views or (lambda _name: None), own=own).report()


class _Reader:
    """One pass over a report folder."""

    def __init__(
        self, name: str, folder: str, files: Mapping[str, bytes], views: Callable[[str], bytes | None], *, own: bool
    ) -> None:
        self.shared = views
        self.name, self.folder, self.files, self.own = name, folder, files, own
        self.where = f"{folder}/{FILE}"
        if FILE not in files:
            raise BadConfiguration(_("The report has no {file}", file=FILE), where=folder)
        try:
            self.raw, self.lines = load_located(files[FILE], self.where)
        except CrmctlError as error:
            raise BadConfiguration(error.what, where=error.where, hint=error.hint) from error

    def report(self) -> Report:
        """The whole report."""
        raw = self._mapping(self.raw, (), _KEYS)
        if raw.get("schema") != SCHEMA:
            self._fault(("schema",), _("The first line must be: {line}", line=f"schema: {SCHEMA}"))
        views, packs = self._names(raw, "views"), self._names(raw, "packs")
        self.views = tuple(self._view(name, number) for number, name in enumerate(views))
        page, document = self._template(raw, "page", ".html"), self._template(raw, "document", ".docx")
        return Report(
            name=self.name,
            title=self._label(raw.get("title"), ("title",)),
            about=self._label(raw.get("about"), ("about",)),
            audience=self._label(raw.get("audience"), ("audience",)),
            scope=cast("ScopeName", self._word(raw.get("scope"), ("scope",), SCOPES)),
            period=cast("PeriodName", self._word(raw.get("period", "none"), ("period",), PERIODS)),
            tables=self._tables(raw.get("tables")),
            folder=self.folder,
            files={file: content for file, content in self.files.items() if file.endswith((".html", ".docx"))},
            views=self.views,
            defaults=self._defaults(raw.get("defaults")),
            words=self._words(raw.get("words")),
            page=page,
            document=document,
            packs=tuple(self._pack(name, number) for number, name in enumerate(packs)),
            own=self.own,
            shape=cast("Shape", self._word(raw.get("shape", "card" if page else "list"), ("shape",), SHAPES)),
            letter=self._flag(raw, "letter", ()),
        )

    def _flag(self, raw: Mapping[str, Value], key: str, path: Path) -> bool:
        value = raw.get(key, False)
        if not isinstance(value, bool):
            self._fault((*path, key), _("Yes or no is needed here: true or false"))
        return value

    def _names(self, raw: Mapping[str, Value], key: str) -> list[Value]:
        found = raw.get(key, [])
        if not isinstance(found, list):
            self._fault((key,), _("A list is needed here"))
        return found

    def _view(self, name: Value, number: int) -> View:
        content = self.shared(name) if isinstance(name, str) and VIEW_NAME.fullmatch(name) else None
        if content is None:
            self._fault(("views", number), _("There is no shared view {name}", name=name))
        return View(str(name), content.decode("utf-8", "replace"), f"{VIEWS}/{name}.sql")

    def _pack(self, name: Value, number: int) -> str:
        if not isinstance(name, str):
            self._fault(("packs", number), _("Not a short name: {member}", member=name))
        self._name(name, ("packs", number))
        return name

    def _defaults(self, raw: Value) -> dict[str, int]:
        """Values for parameters that the policy in force may not name."""
        found = {}
        for name, value in self._any_mapping({} if raw is None else raw, ("defaults",)).items():
            if not isinstance(value, int) or isinstance(value, bool):
                self._fault(("defaults", name), _("A whole number is needed here"))
            found[name] = value
        return found

    def _words(self, raw: Value) -> dict[str, dict[str, Label]]:
        """Vocabularies of the report's own: what its codes are called."""
        return {
            name: {
                code: self._label(label, ("words", name, code))
                for code, label in self._any_mapping(codes, ("words", name)).items()
            }
            for name, codes in self._any_mapping({} if raw is None else raw, ("words",)).items()
        }

    def _any_mapping(self, raw: Value, path: Path) -> dict[str, Value]:
        if not isinstance(raw, dict):
            self._fault(path, _("A mapping is needed here"))
        return raw

    def _template(self, raw: Mapping[str, Value], key: str, suffix: str) -> str | None:
        file = raw.get(key)
        if file is None:
            return None
        if not isinstance(file, str) or file not in self.files or not file.endswith(suffix):
            self._fault((key,), _("There is no file {file} in this folder", file=file))
        return file

    def _tables(self, raw: Value) -> tuple[Table, ...]:
        if not isinstance(raw, dict) or not raw:
            self._fault(("tables",), _("A report needs at least one table"))
        return tuple(self._table(name, spec) for name, spec in raw.items())

    def _table(self, name: str, raw: Value) -> Table:
        path: Path = ("tables", name)
        self._name(name, path)
        spec = self._mapping(raw, path, _TABLE_KEYS)
        file = spec.get("sql")
        if not isinstance(file, str) or file not in self.files:
            self._fault((*path, "sql"), _("There is no file {file} in this folder", file=file))
        columns = self._columns(spec.get("columns"), (*path, "columns"))
        by = spec.get("by")
        if by is not None:
            self._word(by, (*path, "by"), [column.name for column in columns])
        return Table(
            name=name,
            title=self._label(spec.get("title"), (*path, "title")),
            sql=with_views(self._text(file), self.views),
            sql_file=f"{self.folder}/{file}",
            columns=columns,
            layout=cast("Layout", self._word(spec.get("layout", "rows"), (*path, "layout"), LAYOUTS)),
            by=str(by) if by else None,
            note=self._label(spec["note"], (*path, "note")) if "note" in spec else None,
            hide_empty=self._word(spec.get("empty", "say"), (*path, "empty"), ("say", "hide")) == "hide",
            chart=self._chart(spec["chart"], (*path, "chart"), columns) if "chart" in spec else None,
            evidence=self._evidence(spec["evidence"], (*path, "evidence"), columns) if "evidence" in spec else None,
        )

    def _evidence(self, raw: Value, path: Path, columns: tuple[Column, ...]) -> Evidence:
        """A file with a question, or the kind and the column of a table whose rows are records."""
        if isinstance(raw, str):
            if raw not in self.files:
                self._fault(path, _("There is no file {file} in this folder", file=raw))
            return Evidence(sql=with_views(self._text(raw), self.views), sql_file=f"{self.folder}/{raw}")
        spec = self._mapping(raw, path, _EVIDENCE_KEYS)
        names = [column.name for column in columns]
        column = self._word(spec.get("column"), (*path, "column"), names)
        if "kind_in" in spec:
            return Evidence(kind_in=self._word(spec["kind_in"], (*path, "kind_in"), names), column=column)
        kind = spec.get("kind")
        if not isinstance(kind, str):
            self._fault((*path, "kind"), _("A kind is needed here"))
        return Evidence(kind=kind, column=column)

    def _chart(self, raw: Value, path: Path, columns: tuple[Column, ...]) -> Chart:
        spec = self._mapping(raw, path, _CHART_KEYS)
        name = self._word(spec.get("is"), (*path, "is"), CHARTS)
        fixed = [column for column in columns if column.month is None]
        label = self._word(spec.get("label"), (*path, "label"), [column.name for column in fixed])
        numbers = [column.name for column in fixed if column.type in NUMBERS]
        value, change = self._word(spec.get("value"), (*path, "value"), numbers), ""
        if "change" in spec:
            shares = [column.name for column in fixed if column.type == "percent"]
            change = self._word(spec["change"], (*path, "change"), shares)
        return Chart(cast("ChartName", name), label, value, change)

    def _columns(self, raw: Value, path: Path) -> tuple[Column, ...]:
        if not isinstance(raw, dict) or not raw:
            self._fault(path, _("A table needs at least one column"))
        return tuple(self._column(name, spec, (*path, name)) for name, spec in raw.items())

    def _column(self, name: str, raw: Value, path: Path) -> Column:
        self._name(name, path)
        spec = self._mapping(raw, path, _COLUMN_KEYS)
        kind = self._word(spec.get("is"), (*path, "is"), COLUMN_TYPES)
        of = spec.get("of", "")
        if (kind in _NEEDS_OF) != bool(of):
            self._fault(path, _("`of:` belongs to choice, state and field columns, and only there"))
        total = self._word(spec.get("total", "none"), (*path, "total"), ("sum", "none")) == "sum"
        if total and kind not in SUMMABLE:
            self._fault((*path, "total"), _("A column of this type cannot be summed"))
        month = spec.get("month")
        if month is not None and not (type(month) is int and 0 <= month < _MONTHS):
            self._fault((*path, "month"), _("A month of the period is counted from 0"))
        label = ("", "") if month is not None else self._label(spec.get("label"), (*path, "label"))
        number = month if isinstance(month, int) else None
        key = self._flag(spec, "key", path)
        hidden = self._word(spec.get("empty", "show"), (*path, "empty"), ("show", "hide")) == "hide"
        return Column(name, cast("ColumnType", kind), label, str(of), total, number, key, hidden)

    def _mapping(self, raw: Value, path: Path, known: Collection[str]) -> dict[str, Value]:
        if not isinstance(raw, dict):
            self._fault(path, _("A mapping is needed here"))
        for key in raw:
            if key not in known:
                self._word(key, (*path, key), known)
        return raw

    def _word(self, raw: Value, path: Path, known: Collection[str]) -> str:
        if isinstance(raw, str) and raw in known:
            return raw
        near = get_close_matches(str(raw), list(known), 1)
        hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(known)
        raise self._problem(path, _("Unknown word {name}", name="-" if raw is None else raw), hint)

    def _label(self, raw: Value, path: Path) -> Label:
        if isinstance(raw, list) and len(raw) == 2 and all(isinstance(part, str) and part for part in raw):
            return str(raw[0]), str(raw[1])
        raise self._problem(path, _("A label is a list of two texts: Chinese, English"))

    def _name(self, name: str, path: Path) -> None:
        if not NAME.fullmatch(name):
            self._fault(path, _("Not a short name: {member}", member=name))

    def _text(self, file: str) -> str:
        try:
            return self.files[file].decode("utf-8")
        except UnicodeDecodeError as error:
            line = self.files[file].count(b"\n", 0, error.start) + 1
            raise BadConfiguration(
                _("Not UTF-8 text"), where=f"{self.folder}/{file}:{line}", hint=_("Save the file with UTF-8 encoding")
            ) from error

    def _line(self, path: Path) -> int:
        lines: Positions = self.lines
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)

    def _fault(self, path: Path, what: str) -> NoReturn:
        raise self._problem(path, what)

    def _problem(self, path: Path, what: str, hint: str | None = None) -> BadConfiguration:
        return BadConfiguration(what, where=f"{self.where}:{self._line(path)}", hint=hint)
