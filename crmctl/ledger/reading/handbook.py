"""What the policy in force tells people: guidance, posts with their duties and holders, flows of work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from crmctl.errors import NotFound
from crmctl.i18n import _
from crmctl.policy.flows import Flow, read_flows
from crmctl.policy.guidance import Guidance, read_guidance
from crmctl.policy.pack_files import packs_in_force
from crmctl.policy.posts import Post, read_posts

if TYPE_CHECKING:
    from crmctl.ledger.ledger import Ledger
    from crmctl.model.values import Value


def guidance(ledger: Ledger, pack: str | None = None) -> list[Guidance]:
    """What the packs in force say, or one pack: of the ledger, else as it ships. Raises NotFound."""
    if pack is None:
        return read_guidance(_packs(ledger))
    return read_guidance([_pack(ledger, pack)])


def posts(ledger: Ledger, role: str | None = None) -> list[Post]:
    """The posts of the packs in force, or the one of a role. Raises NotFound."""
    found = read_posts(_packs(ledger))
    if role is None:
        return found
    roles = ledger.in_force.pack.vocab.get("role", {})
    named = [post for post in found if role in {post.role, *roles.get(post.role, ()), *(post.title or ())}]
    if not named:
        raise NotFound(
            _("No policy in force says what the post {name} does", name=role),
            hint=", ".join(post.role for post in found) or "crmctl policy list",
        )
    return named


def flows(ledger: Ledger, name: str | None = None) -> list[Flow]:
    """The flows of the packs in force, or the one of a name. Raises NotFound with the nearest."""
    from difflib import get_close_matches

    found = read_flows(_packs(ledger))
    if name is None:
        return found
    named = [flow for flow in found if name in {flow.name, *flow.label}]
    if not named:
        near = get_close_matches(name, [flow.name for flow in found], 3)
        hint = _("Did you mean {names}?", names=", ".join(near)) if near else "crmctl flow list"
        raise NotFound(_("No policy in force has a flow {name}", name=name), hint=hint)
    return named


def holders(ledger: Ledger, role: str, day: date | None = None) -> list[str]:
    """The members who hold a role in any department or for the company on a day (today)."""
    today = day or ledger.today
    members = ledger.in_force.org.members.values()
    return [
        member.id for member in members
        if member.active(today) and any(held.role == role and held.active(today) for held in member.roles)
    ]  # fmt: skip


def _packs(ledger: Ledger) -> list[Mapping[str, Value]]:
    return [raw for _path, raw in packs_in_force(ledger.in_force.raw)]


def _pack(ledger: Ledger, name: str) -> Mapping[str, Value]:
    from crmctl.ledger.disk.shipped import pack_file
    from crmctl.ledger.disk.yamlio import load

    here = ledger.in_force.raw.get("policy/company.yaml" if name == "company" else f"policy/packs/{name}.yaml")
    if isinstance(here, dict):
        return here
    shipped = load(pack_file(name).read_bytes(), name)
    return shipped if isinstance(shipped, dict) else {}
