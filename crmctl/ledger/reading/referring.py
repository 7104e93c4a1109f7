"""From what a person types into a reference to the id it stands for: a name, the beginning of an id, a number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from crmctl.errors import InvalidInput, NotFound
from crmctl.i18n import N_, _, label
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading import lookup
from crmctl.ledger.snapshot.places import Places
from crmctl.model.findings import Finding
from crmctl.model.ids import is_id
from crmctl.model.kinds import Field, Kind

_SHOWN = 8
_LIKE_AN_ID = re.compile(r"[A-Za-z]{1,3}-\S+")


def referred(ledger: Ledger, kind: Kind, values: Mapping[str, object], dossier: str | None = None) -> dict[str, object]:
    """The values with ids where references were said otherwise; one of `dossier` goes before others.

    What is an id, or looks like one that was mistyped, stays for the field's own check. Raises InvalidInput with
    every reference that fits nothing, or several (they are listed).
    """
    meant = _Meant(ledger, kind, dossier)
    found = meant.within(kind.fields, values, "")
    if meant.findings:
        raise InvalidInput(
            _("{kind}: {count} to correct", kind=label(kind.label), count=len(meant.findings)),
            findings=meant.findings, hint="crmctl find",
        )  # fmt: skip
    return found


class _Meant:
    def __init__(self, ledger: Ledger, kind: Kind, dossier: str | None) -> None:
        self.ledger, self.kind, self.dossier = ledger, kind, dossier
        self.findings: list[Finding] = []

    def within(self, fields: Sequence[Field], values: Mapping[str, object], prefix: str) -> dict[str, object]:
        by_name = {field.name: field for field in fields}
        return {name: self._value(by_name.get(name), value, f"{prefix}{name}") for name, value in values.items()}

    def _value(self, field: Field | None, value: object, path: str) -> object:
        if field is None:
            return value
        if isinstance(value, list):
            return [self._value(field, item, f"{path}.{number}") for number, item in enumerate(value)]
        if field.fields and isinstance(value, Mapping):
            return self.within(field.fields, value, f"{path}.")
        return self._id(field, value, path) if field.type == "ref" and isinstance(value, str) else value

    def _id(self, field: Field, text: str, path: str) -> str:
        if not text.strip() or is_id(text):
            return text
        to = str(field.options.get("to") or "")
        kinds = self.ledger.in_force.kinds
        prefix = text.partition("-")[0].upper()
        kind = kinds.get(to) or next((k for k in kinds.values() if k.prefix == prefix and "-" in text), None)
        kind = kind or kinds.get("customer")
        if kind is None:
            return text
        found = dict(self._candidates(kind, text))
        if not found and _LIKE_AN_ID.fullmatch(text):
            return text
        if len(found) == 1:
            return next(iter(found))
        args: dict[str, object] = {"kind": kind.label, "what": text}
        if not found:
            self._fault(N_("No {kind} you can open fits {what}"), path, args)
        else:
            listed = ", ".join(f"{id_} {name}".strip() for id_, name in list(found.items())[:_SHOWN])
            self._fault(N_("{what} fits several: {listed}"), path, {**args, "listed": listed})
        return text

    def _fault(self, message: str, path: str, args: dict[str, object]) -> None:
        self.findings.append(Finding("REF002", message, "error", self.kind.name, path, args))

    def _candidates(self, kind: Kind, text: str) -> Iterable[tuple[str, str]]:
        if kind.single:
            return self._customers(text)
        if _LIKE_AN_ID.fullmatch(text):
            return [(record_id, "") for record_id, _path in Places(self.ledger).beginning(kind, text.upper())]
        return self._titled(kind, text.strip())

    def _customers(self, text: str) -> list[tuple[str, str]]:
        from crmctl.ledger.snapshot.names import names

        try:
            return [(lookup.customer(self.ledger, text), "")]
        except NotFound:
            return [(one.id, one.name) for one in names(self.ledger).search(text)]

    def _titled(self, kind: Kind, text: str) -> list[tuple[str, str]]:
        """Records of the kind called so, or with that registration number: by a whole title, else a part of one."""
        from crmctl.ledger.snapshot.connection import connect
        from crmctl.ledger.snapshot.tables import shape_of

        known = {column for column, _affinity in shape_of(kind).columns}
        titles = [name for name in (*kind.title, "name") if name in known]
        columns = "".join(f', "{name}"' for name in dict.fromkeys(titles))
        connection = connect(self.ledger, [kind.name])
        rows = connection.execute(f'SELECT id, dossier{columns} FROM "{kind.table}" ORDER BY id').fetchall()  # noqa: S608
        numbers = connection.execute("SELECT record FROM number WHERE CAST(number AS TEXT) = ?", (text,))
        numbered = {record for (record,) in numbers}
        wanted = text.casefold()
        called = [(row[0], row[1], [str(cell) for cell in row[2:] if cell is not None]) for row in rows]
        ways = (
            [one for one in called if one[0] in numbered],
            [one for one in called if wanted in {title.casefold() for title in one[2]}],
            [one for one in called if any(wanted in title.casefold() for title in one[2])],
        )
        found = next((way for way in ways if way), [])
        near = [one for one in found if one[1] == self.dossier]
        return [(record_id, " ".join(titles)) for record_id, _dossier, titles in near or found]
