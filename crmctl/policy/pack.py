"""A policy pack: what a kind leaves open, as the company decided it (DESIGN 5).

Here are readers, company roles, vocabularies, requirements, clocks and plain values, which every
command needs; what is graded by which facts is read by `crmctl.policy.decision`, only when asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.org import Member
from crmctl.model.values import Value
from crmctl.policy.arrows import ArrowRule, lay_arrows, read_arrows
from crmctl.policy.clocks import Clock, lay_clocks, read_clocks
from crmctl.policy.flows import WORDS, flow_arrows, flow_words, read_flows
from crmctl.policy.header import header_faults
from crmctl.policy.indicators import indicator_faults
from crmctl.policy.review import ReviewRule, lay_review, read_review

# What a file of the policy may say at its top level.
KEYS = {
    "title", "number", "purpose", "principles", "owner", "scope", "effective_from", "legal_basis",
    "review_every", "source", "schema", "pack", "version", "label", "extends", "company_roles", "readers",
    "compartments", "vocab", "requires", "values", "clocks", "needs", "facts", "grade", "blacklist", "arrows",
    "review", "guards", "axes", "sets", "examples", "satisfaction", "tightens", "sensitive", "handover",
    "classes", "contacts", "priority", "cadence", "searches", "indicators", "card", "ending", "cron",
    "filing", "segments", "responsible", "guidance", "posts", "flows",
}  # fmt: skip


# At the head of a list of readers: these as well as those of the packs below.
ADDS = "+"


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack, or several laid over each other.

    readers: compartment pattern → terms, as written. responsible: compartment pattern → whom alone `readers` may make
    readers there, `+` at the head where no pack says so yet; `reading` is what follows from both. vocab: name → code →
    label. requires: kind → state (or `*`) → required fields. compartments: those made with each assignment. values:
    plain settings. clocks: what makes a record due. arrows: what a step between states takes. review: who approves
    what. sensitive: class of field → roles that get it in reports and exports. guarded: the kinds that a guard
    watches (`crmctl.policy.guards`). blacklist: as written, read
    by `crmctl.policy.blacklist` when needed.
    """

    name: str
    company_roles: frozenset[str] = frozenset()
    readers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compartments: tuple[str, ...] = ()
    vocab: Mapping[str, Mapping[str, Label]] = field(default_factory=dict)
    requires: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    clocks: tuple[Clock, ...] = ()
    blacklist: Mapping[str, Value] = field(default_factory=dict)
    arrows: tuple[ArrowRule, ...] = ()
    satisfaction: Mapping[str, Value] = field(default_factory=dict)
    review: tuple[ReviewRule, ...] = ()
    sensitive: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()
    searched: frozenset[str] = frozenset()
    responsible: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def reading(self) -> Mapping[str, tuple[str, ...]]:
        """Compartment pattern → who reads it by the policy itself: its readers, as far as they are responsible."""
        cut = {
            pattern: tuple(term for term in self.readers.get(pattern, ()) if term in terms)
            for pattern, terms in self.responsible.items() if terms[:1] != (ADDS,)
        }  # fmt: skip
        return {**self.readers, **cut} if cut else self.readers

    @property
    def asking(self) -> Mapping[str, tuple[str, ...]]:
        """Compartment pattern → readers who are not responsible there: they read what a request gave them (P13:3)."""
        reading = self.reading
        cut = {name: tuple(t for t in terms if t not in reading[name]) for name, terms in self.readers.items()}
        return {name: terms for name, terms in cut.items() if terms}

    def required(self, kind: str, state: str | None) -> tuple[str, ...]:
        """The fields a record of that kind must hold in that state."""
        by_state = self.requires.get(kind, {})
        return tuple(dict.fromkeys([*by_state.get("*", ()), *by_state.get(state or "*", ())]))

    def legislates(self, member: Member, day: date) -> bool:
        """Whether a member holds one of the roles that the policy names to write it (value `policy_roles`)."""
        named = self.values.get("policy_roles")
        return any(member.holds(str(role), None, day) for role in (named if isinstance(named, list) else []))

    def whole(self, name: str, default: int) -> int:
        """A whole-number setting."""
        value = self.values.get(name, default)
        return value if isinstance(value, int) and not isinstance(value, bool) else default


def read_pack(raw: Mapping[str, Value], where: str) -> tuple[Pack, list[Finding]]:
    """Read one pack file's mapping; faults come back as findings."""
    from difflib import get_close_matches

    findings = [
        Finding("POL001", N_("Unknown word {name}; did you mean {near}?"), "error", where, key,
                {"name": key, "near": (get_close_matches(key, sorted(KEYS), 1) or ["values"])[0]})
        for key in raw if key not in KEYS
    ]  # fmt: skip
    vocab = {
        name: {code: _label(text, code) for code, text in _mapping(codes).items()}
        for name, codes in _mapping(raw.get("vocab")).items()
    }
    flows = read_flows([raw])
    if flows:
        vocab[WORDS] = flow_words(flows) | vocab.get(WORDS, {})
    requires = {
        kind: {"*": _texts(spec)} if isinstance(spec, list) else {s: _texts(v) for s, v in _mapping(spec).items()}
        for kind, spec in _mapping(raw.get("requires")).items()
    }
    findings += [*header_faults(raw, where), *indicator_faults(raw, where)]
    clocks, faults = read_clocks(raw.get("clocks"), where)
    findings += faults
    arrows, faults = read_arrows(raw.get("arrows"), where)
    findings += faults
    review, faults = read_review(raw.get("review"), where)
    findings += faults
    pack = Pack(
        name=str(raw.get("pack", "")),
        company_roles=frozenset(_texts(raw.get("company_roles"))),
        readers={pattern: _texts(terms) for pattern, terms in _mapping(raw.get("readers")).items()},
        compartments=_texts(raw.get("compartments")),
        vocab=vocab,
        requires=requires,
        values=_mapping(raw.get("values")),
        clocks=clocks,
        blacklist=_mapping(raw.get("blacklist")),
        arrows=(*arrows, *flow_arrows(flows)),
        satisfaction=_mapping(raw.get("satisfaction")),
        sensitive={name: _texts(roles) for name, roles in _mapping(raw.get("sensitive")).items()},
        guarded=_guarded(raw.get("guards")),
        searched=frozenset(str(item.get("on")) for item in _mappings(raw.get("searches"))),
        responsible={pattern: _texts(terms) for pattern, terms in _mapping(raw.get("responsible")).items()},
        review=review,
    )
    return pack, findings


def lay_over(packs: Iterable[Pack]) -> Pack:
    """The packs in force as one: later ones add to and override earlier ones; requirements add up."""
    result = Pack("in force")
    for pack in packs:
        requires = {kind: dict(states) for kind, states in result.requires.items()}
        for kind, states in pack.requires.items():
            mine = requires.setdefault(kind, {})
            for state, names in states.items():
                mine[state] = tuple(dict.fromkeys([*mine.get(state, ()), *names]))
        result = Pack(
            name="in force",
            company_roles=result.company_roles | pack.company_roles,
            readers=_readers_over(result.readers, pack.readers),
            compartments=tuple(dict.fromkeys([*result.compartments, *pack.compartments])),
            vocab={**result.vocab, **{k: {**result.vocab.get(k, {}), **v} for k, v in pack.vocab.items()}},
            requires=requires,
            values={**result.values, **pack.values},
            clocks=lay_clocks(result.clocks, pack.clocks),
            blacklist={**result.blacklist, **pack.blacklist},
            arrows=lay_arrows(result.arrows, pack.arrows),
            satisfaction={**result.satisfaction, **pack.satisfaction},
            sensitive=_readers_over(result.sensitive, pack.sensitive),
            guarded=result.guarded | pack.guarded,
            searched=result.searched | pack.searched,
            responsible=_responsible_over(result.responsible, pack.responsible),
            review=lay_review(result.review, pack.review),
        )
    return result


def _guarded(raw: object) -> frozenset[str]:
    """The kinds named by `on: add KIND`; what the guards say is read by `crmctl.policy.guards` when needed."""
    items = [item.get("on") for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []
    deeds = [deed for on in items for deed in (on if isinstance(on, list) else [on])]
    return frozenset(str(deed).partition(" ")[2] for deed in deeds)


def _readers_over(
    lower: Mapping[str, tuple[str, ...]], upper: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """A later pack's readers take the place of an earlier one's; a list that begins with `+` adds to it."""
    laid = dict(lower)
    for pattern, terms in upper.items():
        laid[pattern] = tuple(dict.fromkeys([*lower.get(pattern, ()), *terms[1:]])) if terms[:1] == (ADDS,) else terms
    return laid


def _responsible_over(
    lower: Mapping[str, tuple[str, ...]], upper: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """All packs' lists add up, in any order; one that does not begin with `+` is what makes the others count."""
    laid = dict(lower)
    for pattern, terms in upper.items():
        both = [laid.get(pattern, (ADDS,)), terms]
        named = dict.fromkeys(term for some in both for term in some if term != ADDS)
        laid[pattern] = (*([ADDS] if all(some[:1] == (ADDS,) for some in both) else []), *named)
    return laid


def _mappings(raw: object) -> list[dict[str, Value]]:
    return [item for item in raw if isinstance(item, dict)] if isinstance(raw, list) else []


def _mapping(raw: object) -> dict[str, Value]:
    return raw if isinstance(raw, dict) else {}


def _texts(raw: object) -> tuple[str, ...]:
    return tuple(str(item) for item in raw) if isinstance(raw, list) else ()


def _label(raw: object, default: str) -> Label:
    if isinstance(raw, list) and len(raw) == 2:
        return (str(raw[0]), str(raw[1]))
    return (default, default)
