"""What SQLite and Jinja say of a fault, in the reader's words where it is one of the usual ones."""

from __future__ import annotations

import re

from crmctl.i18n import N_, _

_USUAL = (
    (re.compile(r"no such table: (?P<name>.+)"), N_("there is no table {name}")),
    (re.compile(r"no such column: (?P<name>.+)"), N_("there is no column {name}")),
    (re.compile(r"no such function: (?P<name>.+)"), N_("there is no function {name}")),
    (re.compile(r'near "(?P<name>.+)": syntax error'), N_("SQL is not understood near {name}")),
    (re.compile(r"'(?P<name>\w+)' is undefined"), N_("nothing is called {name}")),
    (re.compile(r"'.+' has no attribute '(?P<name>.+)'"), N_("nothing is called {name}")),
    (re.compile(r"No filter named '(?P<name>.+)'\."), N_("there is no filter {name}")),
    (re.compile(r"access to attribute '(?P<name>.+)' of '.+' object is unsafe\."), N_("{name} may not be asked here")),
    (re.compile(r"unexpected '(?P<name>.+)'"), N_("{name} is out of place")),
)


def in_words(reason: str) -> str:
    """The reason as a person reads it; as it came where it is none of the usual ones."""
    for pattern, text in _USUAL:
        if found := pattern.fullmatch(reason):
            return _(text, name=found["name"])
    return reason
