"""What can be wrong with a history: a code and a sentence each, and the finding that carries them."""

from __future__ import annotations

from crmctl.i18n import N_
from crmctl.model.findings import Finding, Severity

_SHORT = 10

WORDS: dict[str, str] = {
    "TRU001": N_("The history here is cut off, so nothing can be proved"),
    "TRU002": N_("The history is not the one seen before: {tip} is no longer in it"),
    "TRU003": N_("The line of main was swapped: {tip} is in it only by the way of a merge"),
    "TRU005": N_("This copy replaces parts of history ({refs}); verify does not follow them"),
    "TRU010": N_("Not signed"),
    "TRU011": N_("Author and committer are not one and the same member: {author}, {committer}"),
    "TRU012": N_("{member} is no member of this ledger"),
    "TRU013": N_("The signature is not {member}'s"),
    "TRU014": N_("{member} is not a member on {day}"),
    "TRU015": N_("Dated in the future: {at}"),
    "TRU016": N_("A commit that no crmctl makes: {why}"),
    "TRU020": N_("Slipped into a landing: neither side has it so"),
    "TRU021": N_("Left out of a landing"),
    "TRU022": N_("Both sides of a landing had changed it"),
    "TRU023": N_("{member} lands a change of {author}; everybody lands their own"),
    "TRU024": N_("A merge of what main holds already"),
    "TRU030": N_("Not a plain file: mode {mode}"),
    "TRU031": N_("A path that does not belong in a ledger"),
    "TRU032": N_("Differs from {other} only in upper and lower case"),
    "TRU033": N_("Not sealed as it must be: {why}"),
    "TRU034": N_("Larger than {limit} bytes"),
    "TRU035": N_("Does not read: {why}"),
    "TRU040": N_("{member} may not do this: {action} is for {allowed}"),
    "TRU043": N_("{member} may not change {field}: that is for {allowed}"),
    "TRU044": N_("A key may only be followed by the next generation's, and is kept then"),
    "TRU045": N_("{name} does not fit the dossier"),
    "TRU046": N_("{name} has no role in {department}"),
    "TRU050": N_("This sealed file is a copy of {home}"),
    "TRU051": N_("An earlier version was put back"),
    "TRU060": N_("The keyring does not begin where the ledger says"),
    "TRU061": N_("The keyring is not one line of commits"),
    "TRU062": N_("The keyring is not the one seen before: {tip} is no longer in it"),
    "TRU063": N_("A key for {reader}, to whom the policy does not give {name}"),
    "TRU064": N_("The key of {name} was taken from {reader}, to whom the policy gives it"),
    "TRU065": N_("The key of {name} for {reader} was overwritten"),
    "TRU066": N_("Not a file of wrapped keys: {why}"),
    "TRU067": N_("There is no keyring"),
    "TRU070": N_("This branch may not be deleted"),
    "TRU071": N_("This branch may only go forward; somebody rewrote it"),
    "TRU072": N_("A branch that no ledger has"),
    "TRU080": N_("Not approved as the policy asks ({rule}): {slot} is missing"),
    "TRU081": N_("Not an approval as crmctl makes it: {why}"),
    "TRU082": N_("An approval of something else: it names {bundle}"),
    "TRU083": N_("{member} approves as {role} ({where}) without holding that role"),
    "TRU084": N_("{member} approves a change of their own"),
    "TRU085": N_("Not a bundle of changes as crmctl makes it: {why}"),
    "TRU086": N_("Sealed to an earlier key of {name}: {had}, where {wanted} is in use"),
    "TRU087": N_("What {member} is said to have signed on paper has no scan by who recorded it"),
    "TRU088": N_("Not all of it has arrived here: {why}"),
    "TRU090": N_("{name} is not destroyed as it must be: whole, with a keyring that begins anew"),
    "TRU091": N_("{name} was destroyed; nothing is added to it any more"),
    "TRU092": N_("Not the next number of its series: {why}"),
    "TRU093": N_("A number for {record}, which main does not hold as a record of that series"),
    "TRU094": N_("{record} has a number already"),
    "TRU095": N_("{name} is destroyed without the approval the policy asks for"),
}


def found(code: str, commit: str = "", path: str = "", severity: Severity = "error", **args: object) -> Finding:
    """The finding of that code about a commit and a path of it."""
    where = " ".join(part for part in (commit[:_SHORT], path) if part)
    return Finding(code, WORDS[code], severity, where, "", {"commit": commit, "path": path, **args})
