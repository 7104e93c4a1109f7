"""A finding: one problem found in data, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as declared
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, with its rule code like a linter's.

    `message` is an English msgid with `{name}` placeholders filled from `args` after
    translation, so that the pure core stays free of language. `where` is a file, record id
    or sheet row; `field` a dotted path inside it.
    """

    code: str
    message: str
    severity: Severity = "error"
    where: str = ""
    field: str = ""
    args: Mapping[str, object] = declared(default_factory=dict)
    hint: str = ""

    def at(self, where: str, prefix: str = "") -> Finding:
        """The same finding seen from further out: in file `where`, under field `prefix`."""
        path = ".".join(part for part in (prefix, self.field) if part)
        return Finding(self.code, self.message, self.severity, where, path, self.args, self.hint)
