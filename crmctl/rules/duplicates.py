"""Who is in the ledger already: how surely two records mean the same party, and why (R-INT-13).

Strength falls in the order credit code, name on invoices or name, phone, name without legal form
and region, similar name. Similar names are looked for in blocks of names that share a rare piece,
so that n names never cost n² comparisons.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Kind, Label
from crmctl.model.values import Value
from crmctl.rules.party_names import PartyName, core_and_region, is_latin, party_names, regions_agree

Strength = Literal["exact", "strong", "weak"]
RULE = "INT013"
PIECE = "piece"
REQUIREMENT = "R-INT-13"

_ORDER: tuple[Strength, ...] = ("exact", "strong", "weak")
_SIMILAR_PERCENT = 90
_FIRST_SIEVE_PERCENT = 50
_BLOCK_LIMIT = 300
_RAREST = 6
_SHORTEST_SIMILAR = 5
# Characters that make two otherwise equal names two parties: 第一医院, 东区, 12 号店.
Sign = tuple[str, tuple[str, ...]]  # branch, and what tells apart
_TELLING = frozenset("0123456789一二三四五六七八九十百〇零甲乙丙丁东南西北中上下左右男女老新ab")


@dataclass(frozen=True, slots=True)
class Mark:
    """One identifying value: the field's label, what it is, the text.

    `type` is `name`, `alias` (one of several other names), or the field's type.
    """

    label: Label
    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies one record. `region` is a six-digit code or free text."""

    id: str
    marks: tuple[Mark, ...]
    region: str = ""

    @property
    def names(self) -> list[Mark]:
        """Names and other names."""
        return [mark for mark in self.marks if mark.type in {"name", "alias"}]

    def texts(self, type_: str) -> list[str]:
        """The values of one type."""
        return [mark.text for mark in self.marks if mark.type == type_]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: an English msgid about record `{who}`, and the field it speaks of."""

    message: str
    field: Label | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record that is, or may be, the same party; `name` is what it is called."""

    id: str
    strength: Strength
    reasons: tuple[Reason, ...]
    name: str = ""

    def findings(self, where: str) -> Iterator[Finding]:
        """Each reason as a finding; only a sure duplicate is an error."""
        severity: Literal["error", "warning"] = "error" if self.strength == "exact" else "warning"
        who = f"{self.name} ({self.id})" if self.name else self.id
        for reason in self.reasons:
            args: dict[str, object] = {"id": self.id, "who": who, **({"field": reason.field} if reason.field else {})}
            yield Finding(RULE, reason.message, severity, where, "", args)


def identity_of(kind: Kind, data: Mapping[str, Value], record_id: str) -> Identity:
    """What identifies a record of `kind`, from its canonical fields, in the order of the kind's `identity`."""
    marks: list[Mark] = []
    region = ""
    for name in kind.identity:
        found = kind.field(name)
        value = data.get(name)
        if found is None or value is None:
            continue
        if found.type == "region":
            region = str(value)
        elif isinstance(value, dict):
            marks += [Mark(found.label, found.type, f"{system}:{code}") for system, code in sorted(value.items())]
        else:
            sort = ("alias" if found.many else "name") if found.type == "text" else found.type
            several = value if isinstance(value, list) else [value]
            marks += [Mark(found.label, sort, str(one)) for one in several]
    return Identity(record_id, tuple(marks), region)


class Register:
    """The identities known so far; built once, asked often."""

    def __init__(self, known: Iterable[Identity] = ()) -> None:
        self._known: dict[str, Identity] = {}
        self._names: dict[str, tuple[PartyName, ...]] = {}
        self._same: dict[tuple[str, str], set[str]] = {}
        self._blocks: dict[str, set[str]] = {}
        self._signed: dict[Sign, set[str]] = {}
        self.extend(known)

    def extend(self, identities: Iterable[Identity]) -> None:
        """Take in more identities, many at once for speed."""
        identities = list(identities)
        folded = iter(party_names(mark.text for one in identities for mark in one.names))
        for one in identities:
            names = tuple(next(folded) for _mark in one.names)
            self._known[one.id] = one
            self._names[one.id] = names
            for key in _keys(one, names):
                self._same.setdefault(key, set()).add(one.id)
            for name in names:
                self._signed.setdefault(_sign(name), set()).add(one.id)
                for piece in _pieces(name):
                    self._blocks.setdefault(piece, set()).add(one.id)

    def judge(self, identity: Identity) -> list[Duplicate]:
        """Like `find`, where the known records were chosen for this identity: each of them is looked at."""
        names = tuple(party_names(mark.text for mark in identity.names))
        same = {other for key in _keys(identity, names) for other in self._same.get(key, ())}
        near = {other for other in self._known if other in same or self._close(names, other)} - {identity.id}
        return self._judged(identity, names, near)

    def find(self, identity: Identity) -> list[Duplicate]:
        """The known records that may be the same party, the surest first; never the one of the same id."""
        names = tuple(party_names(mark.text for mark in identity.names))
        return self._judged(identity, names, self._near(identity, names) - {identity.id})

    def pairs(self) -> Iterator[tuple[str, Duplicate]]:
        """Every two known records that may be one party, each pair once."""
        for one in list(self._known.values()):
            names = self._names[one.id]
            near = {other for other in self._near(one, names) if other > one.id}
            yield from ((one.id, found) for found in self._judged(one, names, near))

    def _near(self, identity: Identity, names: tuple[PartyName, ...]) -> set[str]:
        same = {other for key in _keys(identity, names) for other in self._same.get(key, ())}
        return same | self._similar(names)

    def _judged(self, identity: Identity, names: tuple[PartyName, ...], near: Iterable[str]) -> list[Duplicate]:
        found = [self._judge(identity, names, other) for other in sorted(near)]
        return sorted((one for one in found if one), key=lambda one: (_ORDER.index(one.strength), one.id))

    def _similar(self, names: Iterable[PartyName]) -> set[str]:
        found: set[str] = set()
        for name in names:
            blocks = {piece: self._blocks[piece] for piece in _pieces(name) if piece in self._blocks}
            small = [blocks[piece] for piece in rarest({piece: len(block) for piece, block in blocks.items()})]
            alike = set().union(*small) & self._signed.get(_sign(name), set())
            found |= {other for other in alike if self._close([name], other)}
        return found

    def _close(self, names: Iterable[PartyName], other: str) -> bool:
        from rapidfuzz import fuzz

        return any(
            fuzz.ratio(name.stem, theirs.stem, score_cutoff=_FIRST_SIEVE_PERCENT)
            for name in names
            for theirs in self._names[other]
        )

    def _judge(self, identity: Identity, names: tuple[PartyName, ...], other_id: str) -> Duplicate | None:
        other = self._known[other_id]
        reasons = list(_same_marks(identity, other))
        reasons += _same_names(identity, names, other, self._names[other_id])
        if not any(strength == "exact" for strength, _reason in reasons):
            reasons += _like_names(identity, names, other, self._names[other_id])
        if not reasons:
            return None
        strength = min((strength for strength, _reason in reasons), key=_ORDER.index)
        if _differ(identity.texts("credit_code"), other.texts("credit_code")):
            # two codes are two legal persons, whatever they are called
            if strength == "weak":
                return None
            strength = _ORDER[_ORDER.index(strength) + 1]
        name = next((mark.text for mark in other.names), "")
        return Duplicate(other_id, strength, tuple(dict.fromkeys(reason for _strength, reason in reasons)), name)


def pairs(identities: Iterable[Identity]) -> Iterator[tuple[str, Duplicate]]:
    """Every two of `identities` that may be one party, each pair once."""
    yield from Register(identities).pairs()


def keys_of(identities: Sequence[Identity]) -> list[list[tuple[str, str]]]:
    """What each identity is looked up by: its marks, its folded names, and the pieces of these (`PIECE`)."""
    folded = iter(party_names(mark.text for one in identities for mark in one.names))
    found = []
    for one in identities:
        names = [next(folded) for _mark in one.names]
        pieces = sorted({piece for name in names for piece in _pieces(name)})
        found.append([*_keys(one, names), *((PIECE, piece) for piece in pieces)])
    return found


def pieces_of(identity: Identity) -> list[set[str]]:
    """The pieces of each of the identity's names."""
    return [_pieces(name) for name in party_names(mark.text for mark in identity.names)]


def rarest(sizes: Mapping[str, int]) -> list[str]:
    """The pieces worth looking into of those that stand for so many records each: the rarest, none of too many."""
    ordered = sorted(sizes, key=lambda piece: sizes[piece])
    return [piece for piece in ordered[:_RAREST] if sizes[piece] <= _BLOCK_LIMIT]


def _keys(identity: Identity, names: Iterable[PartyName]) -> Iterator[tuple[str, str]]:
    for mark in identity.marks:
        if mark.type not in {"name", "alias"}:
            yield mark.type, _plain(mark)
    for name in names:
        yield "name", name.full
        yield "stem", f"{name.stem}/{name.branch}"


def _plain(mark: Mark) -> str:
    return re.sub(r"[ ()./-]", "", mark.text) if mark.type == "phone" else mark.text


def _pieces(name: PartyName) -> set[str]:
    """What the blocks are made of: pairs of characters, in Latin names threes."""
    size = 3 if name.latin else 2
    text = name.stem.replace(" ", "").replace("(", "").replace(")", "")
    return {text[at : at + size] for at in range(len(text) - size + 1)} or {text}


def _same_marks(one: Identity, other: Identity) -> Iterator[tuple[Strength, Reason]]:
    strengths: dict[str, Strength] = {"credit_code": "exact", "codes": "exact", "phone": "strong"}
    theirs = {(mark.type, _plain(mark)) for mark in other.marks}
    for mark in one.marks:
        if mark.type in strengths and (mark.type, _plain(mark)) in theirs:
            yield strengths[mark.type], Reason(N_("{who} has the same {field}"), mark.label)


def _same_names(
    one: Identity, names: tuple[PartyName, ...], other: Identity, others: tuple[PartyName, ...]
) -> Iterator[tuple[Strength, Reason]]:
    for mark, name in zip(one.names, names, strict=True):
        same = {
            theirs.type for theirs, their_name in zip(other.names, others, strict=True) if their_name.full == name.full
        }
        if same:
            strength: Strength = "exact" if mark.type == "name" and "name" in same else "strong"
            yield strength, Reason(N_("{who} has the same {field}"), mark.label)


def _like_names(
    one: Identity, names: tuple[PartyName, ...], other: Identity, others: tuple[PartyName, ...]
) -> Iterator[tuple[Strength, Reason]]:
    for name in names:
        for theirs in others:
            if name.branch != theirs.branch:
                continue  # a branch is related to its parent, not the same
            core, region = core_and_region(name.stem)
            their_core, their_region = core_and_region(theirs.stem)
            agree = regions_agree(region or _code(one.region), their_region or _code(other.region))
            if agree is False:
                continue
            if core == their_core:
                strength: Strength = "strong" if agree else "weak"
                yield strength, Reason(N_("{who} has the same name but for legal form and region"))
            elif _similar_enough(core, their_core):
                yield "weak", Reason(N_("{who} has a similar name"))


def _similar_enough(one: str, other: str) -> bool:
    from rapidfuzz import fuzz

    if min(len(one), len(other)) < _SHORTEST_SIMILAR or _telling(one) != _telling(other):
        return False
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other)) >= _SIMILAR_PERCENT


@lru_cache(maxsize=1 << 16)
def _telling(text: str) -> tuple[str, ...]:
    """What of a name tells two parties apart, sorted."""
    words = text.split() if is_latin(text) else text
    return tuple(sorted(word for word in words if word in _TELLING or word.isdigit()))


@lru_cache(maxsize=1 << 16)
def _sign(name: PartyName) -> Sign:
    """Names that differ in this are never alike: of most pairs nothing else has to be compared."""
    return name.branch, _telling(core_and_region(name.stem)[0])


def _code(region: str) -> str:
    return region if re.fullmatch(r"[0-9]{6}", region) else ""


def _differ(one: list[str], other: list[str]) -> bool:
    return bool(one and other and not set(one) & set(other))
