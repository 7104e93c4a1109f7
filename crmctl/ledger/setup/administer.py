"""Changes to the ledger's set-up: who may make them, and the one signed commit each of them is."""

from __future__ import annotations

from collections.abc import Mapping

from crmctl.errors import Refused
from crmctl.i18n import _
from crmctl.ledger.changing.placing import Intent, place
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.in_force import compile_in_force
from crmctl.ledger.keys.groups import missing_groups
from crmctl.ledger.ledger import Ledger
from crmctl.model.clear_files import encode_groups


def must_administer(ledger: Ledger) -> None:
    """Raise Refused unless the member at this copy holds the role admin today."""
    if not ledger.member.holds("admin", None, ledger.today):
        raise Refused(
            _("Only a member with the role admin may do this"), rule="R-ACL-12",
            hint="crmctl member list --role admin",
        )  # fmt: skip


def must_legislate(ledger: Ledger) -> None:
    """Raise Refused unless the member holds the role admin, or one the policy names to write it."""
    if not ledger.in_force.pack.legislates(ledger.member, ledger.today):
        must_administer(ledger)


def change_setup(ledger: Ledger, files: Mapping[str, bytes | None], action: str, about: str) -> str:
    """Write these clear files (path → content; None takes one away) as one signed commit. Returns its id.

    A group that the new policy names first gets its key in the same transaction. Raises Refused for who writes the
    policy alone and would change more, BadConfiguration when the ledger would not load with them; then nothing is
    written.
    """
    ruling = {
        path: content for path, content in files.items() if content is not None and not path.startswith("templates/")
    }
    raw = {**ledger.proposed.raw, **{path: load(content, path) for path, content in ruling.items()}}
    planned = compile_in_force(raw)
    org, lines = missing_groups(planned.pack, planned.org, ledger.today)
    edits: dict[str, bytes | None] = dict(files)
    if org.groups != planned.org.groups:
        edits["org/groups.yaml"] = dump(encode_groups(org.groups))
    if not all(path.startswith("policy/") for path in edits):
        must_administer(ledger)
    return place(ledger, Intent(edits, f"{action} {about}\n\nCrmctl-Action: {action}\n", lines))
