"""A department's own rules are filed before they are in force, where the policy asks for it (P19:8, R-AUD-08).

The paper is a record of kind `policy_doc`: detailed, of that department, filed or in force, and with the department's
key under `pack`, because its rules lie in `policy/<department>.yaml`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from crmctl.errors import Refused
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.snapshot.connection import connect
from crmctl.model.findings import Finding
from crmctl.policy.department_rules import NOT_OVERLAYS

NEEDED = "overlay_needs_filing"
CODE = "AUD030"
_PAPER = "policy_doc"
_FILED = (
    "SELECT DISTINCT pack FROM policy_doc WHERE department = pack AND detailed = 1 AND state IN ('filed', 'in_force')"
)
_FOLDER, _END = "policy/", ".yaml"


def must_be_filed(ledger: Ledger, department: str) -> None:
    """Raise Refused where the policy wants a department's rules filed first and no paper says that they were."""
    if department not in _filed(ledger):
        raise Refused(
            _("The detailed rules of {department} are not filed yet", department=department), rule=CODE,
            hint=f"crmctl add policy_doc --department {department} --set detailed=yes --set pack={department} …",
        )  # fmt: skip


def unfiled(ledger: Ledger, files: Collection[str]) -> Iterator[Finding]:
    """Departments whose rules are in the ledger without having been filed."""
    names = [path.removeprefix(_FOLDER).removesuffix(_END) for path in files if path.count("/") == 1]
    own = [name for name in names if name in ledger.in_force.org.departments and name not in NOT_OVERLAYS]
    filed = _filed(ledger) if own else own
    for name in own:
        if name not in filed:
            message = N_("The detailed rules of {department} are not filed yet")
            yield Finding(CODE, message, "error", f"{_FOLDER}{name}{_END}", "", {"department": name})


def _filed(ledger: Ledger) -> Collection[str]:
    """The departments whose rules were filed; all where the policy does not ask."""
    if ledger.in_force.pack.values.get(NEEDED) is not True or _PAPER not in ledger.in_force.kinds:
        return ledger.in_force.org.departments
    return {str(name) for (name,) in connect(ledger, [_PAPER]).execute(_FILED)}
