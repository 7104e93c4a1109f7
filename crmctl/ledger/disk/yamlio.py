"""Strict YAML: what a plain reader would guess at, this one reads as text or refuses.

The only importer of `yaml`. Only canonical plain integers, `true`, `false`, `null` and an empty place
are typed; `010010`, `NO`, `12:30`, `2024-03-01`, `1.5` and `~` are text. No error repeats content.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from crmctl.errors import BadConfiguration, InvalidInput, TrustBroken
from crmctl.i18n import _
from crmctl.ledger.disk.canonical import INT_MAX, INT_MIN, MAX_DEPTH, MAX_KEY, dump
from crmctl.model.values import Value

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["MAX_SIZE", "Positions", "Value", "dump", "load", "load_canonical", "load_located"]

MAX_SIZE = 1 << 20
Positions: TypeAlias = dict[tuple[str | int, ...], int]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}
# NEL and U+2028/9 end a line to YAML 1.1 and do not to YAML 1.2; a byte order mark hides
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)")


def load(data: bytes, where: str, *, limit: int = MAX_SIZE) -> Value:
    """The value of one strict YAML document; `where` names it in errors, `limit` is in bytes.

    Raises InvalidInput (with `where` as `file:line`) for bytes that are not one plain document: bad UTF-8,
    control characters, duplicate or non-text keys, anchors, aliases, tags, directives, too large or too deep.
    """
    return _Reading(data, where, limit).document()


def load_located(data: bytes, where: str, *, limit: int = MAX_SIZE) -> tuple[Value, Positions]:
    """Like `load`, and the line (from 1) of each node by its path; a member's line is its key's."""
    positions: Positions = {}
    return _Reading(data, where, limit, positions).document(), positions


def load_canonical(data: bytes, where: str, *, limit: int = MAX_SIZE) -> Value:
    """Like `load`, for bytes crmctl wrote: TrustBroken unless they are the one canonical form."""
    value = load(data, where, limit=limit)
    if dump(value) != data:
        raise TrustBroken(
            _("Not written in the canonical form"),
            where=where,
            hint=_("It was not written by crmctl, or was changed afterwards"),
        )
    return value


@cache
def _yaml() -> ModuleType:
    import yaml

    if not yaml.__with_libyaml__:
        raise BadConfiguration(
            _("PyYAML was built without libyaml"), hint=_("Install a PyYAML wheel that contains libyaml")
        )
    return yaml


class _Reading:
    """One pass over the parser's events, which unlike nodes also show unused anchors."""

    def __init__(self, data: bytes, where: str, limit: int, positions: Positions | None = None) -> None:
        self.where = where
        self.positions = positions
        self._check_bytes(data, limit)
        self.yaml = yaml = _yaml()
        self.scalar, self.mapping, self.sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        self.mapping_end, self.sequence_end = yaml.MappingEndEvent, yaml.SequenceEndEvent
        self.next = yaml.cyaml.CParser(data).get_event

    def document(self) -> Value:
        try:
            return self._document()
        except self.yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._refuse(
                mark.line + 1 if mark else 1,
                _("Not readable"),
                _("Check the indentation (blanks, no tabs), a blank after each colon, and the quotes"),
            )

    def _document(self) -> Value:
        self.next()
        start = self.next()
        if type(start) is self.yaml.StreamEndEvent:
            self._refuse(1, _("The file is empty"), _("Write at least one name and its value"))
        if start.version or start.tags:
            self._refuse_event(start, _("Directives (%…) are not allowed"), _("Remove that line"))
        first = self.next()
        if self.positions is not None:
            self.positions[()] = first.start_mark.line + 1
        value = self._node(first, 0, ())
        self.next()
        more = self.next()
        if type(more) is not self.yaml.StreamEndEvent:
            self._refuse_event(more, _("More than one document"), _("Keep one document a file"))
        return value

    def _node(self, event: Any, depth: int, path: tuple[str | int, ...]) -> Value:
        kind = type(event)
        if kind is self.scalar:
            return self._scalar(event)
        if kind is self.mapping:
            return self._mapping(event, depth + 1, path)
        if kind is self.sequence:
            return self._sequence(event, depth + 1, path)
        return self._refuse_alias(event)

    def _scalar(self, event: Any) -> Value:
        if event.anchor is not None or event.tag is not None:
            self._refuse_mark(event)
        text: str = event.value
        if event.implicit[0]:
            if text in _WORDS:
                return _WORDS[text]
            if _INTEGER.fullmatch(text) and INT_MIN <= (number := int(text)) <= INT_MAX:
                return number
        return text

    def _mapping(self, event: Any, depth: int, path: tuple[str | int, ...]) -> dict[str, Value]:
        self._check_collection(event, depth)
        result: dict[str, Value] = {}
        scalar, ends, following, positions = self.scalar, self.mapping_end, self.next, self.positions
        while (event := following()).__class__ is not ends:
            key = self._scalar(event) if event.__class__ is scalar else None
            if not isinstance(key, str):
                self._refuse_event(event, _("A name must be text"), _("Put the name in quotes"))
            if key in result:
                self._refuse_event(event, _("The same name twice"), _("Keep one of the two"))
            if len(key) > MAX_KEY:
                self._refuse_event(
                    event,
                    _("A name is longer than {limit} characters", limit=MAX_KEY),
                    _("Put long text into the value"),
                )
            if positions is not None:
                positions[(*path, key)] = event.start_mark.line + 1
            event = following()
            result[key] = self._scalar(event) if event.__class__ is scalar else self._node(event, depth, (*path, key))
        return result

    def _sequence(self, event: Any, depth: int, path: tuple[str | int, ...]) -> list[Value]:
        self._check_collection(event, depth)
        result: list[Value] = []
        while type(event := self.next()) is not self.sequence_end:
            inner = (*path, len(result))
            if self.positions is not None:
                self.positions[inner] = event.start_mark.line + 1
            result.append(self._node(event, depth, inner))
        return result

    def _check_bytes(self, data: bytes, limit: int) -> None:
        if len(data) > limit:
            raise InvalidInput(
                _("Larger than {limit} bytes", limit=limit), where=self.where, hint=_("Split it into smaller files")
            )
        try:
            bad = _FORBIDDEN.search(data.decode("utf-8"))
            at = len(bad.string[: bad.start()].encode()) if bad else -1
        except UnicodeDecodeError as error:
            self._refuse(
                data.count(b"\n", 0, error.start) + 1, _("Not UTF-8 text"), _("Save the file with UTF-8 encoding")
            )
        if at >= 0:
            self._refuse(
                data.count(b"\n", 0, at) + 1,
                _("A control character, byte order mark or hidden line break"),
                _("Remove it, or write it escaped in double quotes"),
            )

    def _check_collection(self, event: Any, depth: int) -> None:
        if event.anchor is not None or event.tag is not None:
            self._refuse_mark(event)
        if depth > MAX_DEPTH:
            self._refuse_event(
                event, _("Nested more than {limit} levels deep", limit=MAX_DEPTH), _("Split the file or flatten it")
            )

    def _refuse_mark(self, event: Any) -> NoReturn:
        if event.tag is not None:
            self._refuse_event(event, _("Tags (!…) are not allowed"), _("Remove the tag, or put the text in quotes"))
        self._refuse_event(event, _("Anchors (&…) are not allowed"), _("Remove the anchor, or put the text in quotes"))

    def _refuse_alias(self, event: Any) -> NoReturn:
        self._refuse_event(
            event, _("Aliases (*…) are not allowed"), _("Write the value out, or put the text in quotes")
        )

    def _refuse_event(self, event: Any, what: str, hint: str) -> NoReturn:
        self._refuse(event.start_mark.line + 1, what, hint)

    def _refuse(self, line: int, what: str, hint: str) -> NoReturn:
        raise InvalidInput(what, where=f"{self.where}:{line}", hint=hint) from None
