"""Words that mean something only with their scheme: general, key, potential, VIP and C stand in several (R-GRD-41).

A text field marked `scheme: FIELD` in a kind holds a grade of the axis named in that field; the field itself, so
marked, names the axis. Entering, changing and importing all come through here: a word is taken as the scheme has it, by
code or label, and refused where no scheme is named and several have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from crmctl.errors import InvalidInput
from crmctl.i18n import N_, _, label
from crmctl.ledger.deciding import axes_here, scheme_words
from crmctl.ledger.ledger import Ledger
from crmctl.model.findings import Finding
from crmctl.model.kinds import Field, Kind, Label
from crmctl.model.values import Value
from crmctl.policy.pack_files import MAIN_AXIS, axes_of, packs_in_force

CODE = "GRD041"
SCHEME = "scheme"


def scheme_fields(kind: Kind) -> Iterator[Field]:
    """The fields that hold a grade, the one that names its axis first."""
    marked = [field for field in kind.fields if field.options.get(SCHEME)]
    yield from sorted(marked, key=lambda field: field.options[SCHEME] != field.name)


def in_scheme(
    ledger: Ledger, kind: Kind, department: str | None, before: Mapping[str, object], after: dict[str, Value]
) -> dict[str, Value]:  # fmt: skip
    """The record with its grades as their scheme writes them. Raises InvalidInput (GRD041) for a word it has not.

    A ledger whose policy grades by nothing takes any word; what did not change is not asked again.
    """
    known = axes_here(ledger, department)
    findings: list[Finding] = []
    for field in scheme_fields(kind) if known else ():
        name, axis_field = field.name, str(field.options[SCHEME])
        unchanged = after.get(name) == before.get(name) and after.get(axis_field) == before.get(axis_field)
        if after.get(name) is None or unchanged:
            continue
        text = str(after[name])
        if name == axis_field:
            found = next((axis for axis, (spoken, _words) in known.items() if text in {axis, *spoken}), None)
            fault = None if found else _no_axis(kind, name, text, known)
        else:
            axis = str(after.get(axis_field) or MAIN_AXIS)
            found = _grade(ledger, axis, text, known) if axis in known else None
            fault = None if found else _no_grade(ledger, kind, name, text, axis, known)
        if fault:
            findings.append(fault)
            if name == axis_field:
                break  # no grade can be told without it
        elif found:
            after = {**after, name: found}
    if findings:
        raise InvalidInput(_("{kind}: {count} to correct", kind=label(kind.label), count=len(findings)),
                           findings=findings, hint="crmctl grade axes")  # fmt: skip
    return after


def spoken_in_scheme(ledger: Ledger, field: Field, record: Mapping[str, object]) -> str:
    """A grade, or the axis, of a record as a person reads it; as it stands where the policy knows it no more."""
    text, axis_field = str(record.get(field.name) or ""), str(field.options[SCHEME])
    schemes = scheme_words(ledger)
    if field.name == axis_field:
        return label(schemes[text][0]) if text in schemes else text
    words = schemes.get(str(record.get(axis_field) or MAIN_AXIS), (("", ""), {}))[1]
    return label(words.get(text, (text, text)))


def _grade(ledger: Ledger, axis: str, text: str, known: Mapping[str, tuple[Label, str]]) -> str | None:
    names = ledger.in_force.pack.vocab.get(known[axis][1], {})
    return next((code for code in _codes(ledger, axis) if text in {code, *names.get(code, ())}), None)


def _codes(ledger: Ledger, axis: str) -> list[str]:
    found: list[str] = []
    for _where, raw in packs_in_force(ledger.in_force.raw):
        for name, _path, content in axes_of(raw):
            ladder = content.get("ladder") if name == axis else None
            if isinstance(ladder, list):
                found = [str(rung.get("grade")) for rung in ladder if isinstance(rung, dict)]
    return found


def _no_axis(kind: Kind, name: str, text: str, known: Mapping[str, tuple[Label, str]]) -> Finding:
    near = get_close_matches(text, [*known], 1)
    args: dict[str, object] = {"name": text, "near": near[0] if near else "", "known": ", ".join(known)}
    hint = N_("Did you mean {near}?") if near else N_("There is: {known}")
    return Finding(CODE, N_("There is no axis {name}"), "error", kind.name, name, args, hint)


def _no_grade(
    ledger: Ledger, kind: Kind, name: str, text: str, axis: str, known: Mapping[str, tuple[Label, str]]
) -> Finding:
    """Says where the word does mean something, so that the mapping file or --set can name the scheme."""
    elsewhere = [other for other in known if other != axis and _grade(ledger, other, text, known)]
    grades = ", ".join(_codes(ledger, axis)) if axis in known else ""
    args: dict[str, object] = {"name": text, "axis": axis, "grades": grades, "schemes": ", ".join(elsewhere)}
    if axis not in known:
        hint = N_("Name the scheme, as axis={schemes}; in an import the mapping file does, under constants or values")
        return Finding(CODE, N_("{name} stands without its scheme"), "error", kind.name, name, args, hint)
    hint = (
        N_("It is a word of: {schemes}. Name the scheme as axis=…; in an import the mapping file does")
        if elsewhere
        else N_("Its grades are: {grades}")
    )
    return Finding(CODE, N_("{axis} has no grade {name}"), "error", kind.name, name, args, hint)
