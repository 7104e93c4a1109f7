"""The decision rules of a ledger: its packs, a department's own rules over them, the values of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from crmctl.errors import BadConfiguration, InvalidInput
from crmctl.i18n import _
from crmctl.ledger.ledger import Ledger
from crmctl.model.kinds import Label
from crmctl.policy.axes import label_of, words_of
from crmctl.policy.dated import values_on
from crmctl.policy.decision import DecisionRules, axis_names, read_decision_rules
from crmctl.policy.overlay import lay_overlay, overlay_of
from crmctl.policy.pack_files import MAIN_AXIS, axes_of, packs_in_force


def rules_for(
    ledger: Ledger, department: str, axis: str = MAIN_AXIS, day: date | None = None, product: str | None = None,
    changed: Mapping[str, str] | None = None,
) -> DecisionRules:  # fmt: skip
    """What a department decides an axis by on a day, some values changed for a trial.

    Raises BadConfiguration with every fault, InvalidInput where a trial's values may be to blame.
    """
    in_force = ledger.in_force
    packs, values = packs_in_force(in_force.raw), in_force.values.on(day or ledger.today, department)
    path = f"policy/{department}.yaml"
    own = in_force.raw.get(path)
    if isinstance(own, dict):
        overlay = overlay_of(own, product)
        packs = lay_overlay(packs, overlay, path)
        values = {
            **values,
            **values_on(overlay.values, day or ledger.today),
        }  # a product's own go over the department's
    effective = {**values, **(changed or {})}
    rules, findings = read_decision_rules(packs, effective, in_force.pack.vocab, axis)
    if rules is None:
        nothing = any(finding.code == "POL010" for finding in findings)
        hint = (
            ("crmctl grade axes" if axis_names(packs) else "crmctl policy adopt p23")
            if nothing
            else "crmctl policy check"
        )
        if changed and not nothing:
            raise InvalidInput(_("The rules would not load with these values"), findings=findings)
        raise BadConfiguration(_("The grading rules do not load"), findings=findings, hint=hint)
    return rules


def axes_here(ledger: Ledger, department: str | None = None) -> dict[str, tuple[tuple[str, str], str]]:
    """The axes in force for a department, or for any: name → (label, vocabulary of its grades)."""
    packs = packs_in_force(ledger.in_force.raw)
    departments: Iterable[str] = [department] if department else ledger.in_force.org.departments
    for name in departments:
        own = ledger.in_force.raw.get(f"policy/{name}.yaml")
        if isinstance(own, dict):
            packs = lay_overlay(packs, overlay_of(own), f"policy/{name}.yaml")
    return {
        name: (label_of(name, content), words_of(name, content))
        for _where, raw in packs
        for name, _path, content in axes_of(raw)
    }


def scheme_words(ledger: Ledger) -> dict[str, tuple[Label, Mapping[str, Label]]]:
    """Each axis in force with its name and the names of its grades."""
    vocab = ledger.in_force.pack.vocab
    return {name: (spoken, vocab.get(words, {})) for name, (spoken, words) in axes_here(ledger).items()}


def grade_label(ledger: Ledger, axis: str, grade: str | None) -> str:
    """A grade with the words of its axis, in the user's language; empty for none."""
    from crmctl.i18n import label

    if not grade:
        return ""
    words = axes_here(ledger).get(axis, (("", ""), axis))[1]
    return label(ledger.in_force.pack.vocab.get(words, {}).get(grade, grade))


def axis_named(ledger: Ledger, text: str | None, department: str | None = None) -> str:
    """An axis by its name or label; the main one, or the only one, when none is given. Raises InvalidInput."""
    known = axes_here(ledger, department)
    if text is None:
        return next(iter(known)) if len(known) == 1 else MAIN_AXIS if MAIN_AXIS in known or not known else _many(known)
    for name, (label_, _words) in known.items():
        if text in {name, *label_}:
            return name
    from difflib import get_close_matches

    near = get_close_matches(text, [*known], 1)
    hint = _("Did you mean {near}?", near=near[0]) if near else ", ".join(known) or "crmctl policy adopt p23"
    raise InvalidInput(_("There is no axis {name}", name=text), hint=hint)


def _many(known: Iterable[str]) -> str:
    raise InvalidInput(_("There are several axes: say which with --axis"), hint=", ".join(known))
