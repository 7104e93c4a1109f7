"""A cell's value in the reader's words, the same figure for every format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from crmctl.i18n import _, label
from crmctl.ledger.deciding import scheme_words
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Kind, Label
from crmctl.model.money import from_minor
from crmctl.model.org import Org
from crmctl.policy.pack_files import MAIN_AXIS
from crmctl.report.definition import Column

_SEQUENCES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]")
_EVERYWHERE = "*"
_TENTH = Decimal("0.1")
_STEERING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)))


def harmless(text: str) -> str:
    """`text` without escape sequences, control characters and overrides of direction; line breaks stay.

    What a person can see is kept as it is: the formats quote what means something to them.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SEQUENCES.sub("", text.replace("\r\n", "\n").replace("\t", " "))
    kept = (c for c in text if c == "\n" or (c not in _STEERING and unicodedata.category(c) not in {"Cc", "Cs"}))
    return "".join(kept)


def _tenths(number: Decimal) -> Decimal:
    """To one place; what rounds to nothing has no sign."""
    rounded = number.quantize(_TENTH, ROUND_HALF_UP)
    return rounded or abs(rounded)


@dataclass(frozen=True)
class Words:
    """What a report needs to speak: vocabularies, kinds, people, currency and time zone; the axes with their grades."""

    vocab: Mapping[str, Mapping[str, Label]]
    kinds: Mapping[str, Kind]
    org: Org
    currency: str
    timezone: str
    schemes: Mapping[str, tuple[Label, Mapping[str, Label]]] = field(default_factory=dict)

    @classmethod
    def of(cls, ledger: Ledger) -> Words:
        """Those in force at the ledger's commit."""
        in_force = ledger.in_force
        settings, schemes = in_force.settings, scheme_words(ledger)
        return cls(in_force.pack.vocab, in_force.kinds, in_force.org, settings.currency, settings.timezone, schemes)

    def text(self, column: Column, value: object, *, grouped: bool = True) -> str:
        """The cell as a person reads it; `grouped` sets thousands apart. Empty stays so, but for what tells the row."""
        if value is None:
            return _("(none)") if column.key and not column.is_number else ""
        if value == "":
            return ""
        if column.is_number:
            return self._number(column, value, grouped=grouped)
        if column.type == "bool":
            return _("yes") if value else _("no")
        if column.type == "instant":
            return self.moment(value).strftime("%Y-%m-%d %H:%M")
        return harmless(self._word(column, str(value)))

    def plain(self, column: Column, value: object) -> object:
        """The cell as data: money and decimals as canonical text, codes untranslated."""
        if value is None:
            return None
        if column.type == "money" and isinstance(value, int):
            return from_minor(value, self.currency)
        if column.type == "instant":
            return self.moment(value).isoformat()
        return format(value, "f") if isinstance(value, Decimal) else value

    def moment(self, seconds: object) -> datetime:
        """UTC seconds as a moment in the ledger's zone."""
        return datetime.fromtimestamp(int(str(seconds)), UTC).astimezone(ZoneInfo(self.timezone))

    def _number(self, column: Column, value: object, *, grouped: bool) -> str:
        if column.type == "money" and isinstance(value, int):
            number = Decimal(from_minor(value, self.currency))
        else:
            number = Decimal(str(value))
        if column.type == "percent":
            return f"{_tenths(number)}%"
        if column.type == "mean":
            number = _tenths(number)
        return format(number, ",f" if grouped else "f")

    def _word(self, column: Column, code: str) -> str:
        if column.type == "department" and code == _EVERYWHERE:
            return _("Whole company")
        spoken = self._spoken(column, code)
        if spoken is not None:
            return label(spoken)
        if column.type == "field":
            return self._fields(column.of, code)
        if column.type == "grade":
            return _("; ").join(self._grade(*pair.rpartition("=")) for pair in code.split())
        if column.type == "region":
            from crmctl.ledger.reading.divisions import division_name

            return division_name(code)
        return code

    def _grade(self, axis: str, _equals: str, grade: str) -> str:
        """A grade, with the name of its axis where that is not the main one."""
        name, words = self.schemes.get(axis or MAIN_AXIS, ((axis, axis), {}))
        if not axis and grade not in words:
            words = next((words for _name, words in self.schemes.values() if grade in words), {})
        spoken = label(words.get(grade, (grade, grade)))
        return spoken if axis in {"", MAIN_AXIS} else _("{axis} {grade}", axis=label(name), grade=spoken)

    def _spoken(self, column: Column, code: str) -> Label | str | None:
        """The label of a code that stands for something; None for text and for a code nobody knows."""
        words: Mapping[str, Label | str] = {}
        match column.type:
            case "choice":
                words = self.vocab.get(column.of, {})
            case "state":
                words = self.kinds[column.of].states if column.of in self.kinds else {}
            case "kind":
                words = {code: self.kinds[code].label} if code in self.kinds else {}
            case "member":
                words = {code: self.org.members[code].name} if code in self.org.members else {}
            case "department":
                words = {code: self.org.departments[code].label} if code in self.org.departments else {}
            case "axis":
                words = {code: self.schemes[code][0]} if code in self.schemes else {}
        return words.get(code)

    def _fields(self, kind_name: str, paths: str) -> str:
        """One field's label, or those of several with commas between."""
        kind = self.kinds.get(kind_name)
        fields = dict(kind.walk()) if kind else {}
        parts = [path.strip() for path in paths.split(",")]
        return _(", ").join(label(fields[path].label) if path in fields else path for path in parts)
