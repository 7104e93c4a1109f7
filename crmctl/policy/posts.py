"""The posts a policy knows: to whom they answer, duties and rights: a pack's `posts:` (R-SEC-23, R-SEC-27). Pure.

```yaml
posts:
  specialist:                                   # a role
    title: [特渠专员, Special-channel specialist]  # what the policy calls it; the role's own label without it
    answers_to: [management]                    # roles
    duties:
      - {text: [规划区域, Plans the region], clause: P11:3.1, kinds: [work_plan], flows: [promotion], rules: [GRD034]}
    rights:
      - {text: [协调各部门, May call on other departments], clause: P11:4.0}
```

`kinds` are the records a duty shows in, `flows` the flows it is done by, `rules` what crmctl itself asks for it. What
several packs say of a role stands side by side; the company's own (`policy/company.yaml`) takes the place of it all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from crmctl.i18n import N_
from crmctl.model.findings import Finding
from crmctl.model.kinds import Label
from crmctl.model.values import Value
from crmctl.policy.shape import item_faults, list_fault, listed, mapped, spoken, texts, unknown_names

COMPANY = "company"
_KEYS = frozenset({"title", "answers_to", "duties", "rights"})
_DUTY_KEYS = frozenset({"text", "clause", "requirement", "kinds", "flows", "rules"})


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty or right: what it is, its clause, and the records, flows and rules it shows in."""

    text: Label
    clause: str = ""
    kinds: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A post: the role that holds it, by which pack, its title there (None: the role's label)."""

    role: str
    pack: str
    title: Label | None
    answers_to: tuple[str, ...]
    duties: tuple[Duty, ...]
    rights: tuple[Duty, ...]


def read_posts(packs: Iterable[Mapping[str, Value]]) -> list[Post]:
    """The posts of the packs in force, the lowest pack first."""
    found: list[Post] = []
    for raw in packs:
        pack = str(raw.get("pack") or "")
        for role, given in mapped(raw.get("posts")).items():
            if isinstance(given, dict):
                found = [post for post in found if pack != COMPANY or post.role != role]
                found.append(_post(role, pack, given))
    return found


def post_faults(
    raw: Mapping[str, Value], roles: Collection[str], kinds: Collection[str], flows: Collection[str]
) -> Iterator[Finding]:  # fmt: skip
    """What is wrong with a pack's `posts:`."""
    given = raw.get("posts")
    if given is not None and not isinstance(given, dict):
        yield Finding("POL002", N_("A mapping of names is needed here"), "error", "", "posts")
    for role, post in mapped(given).items():
        path = f"posts.{role}"
        yield from unknown_names([role], roles, "POL014", N_("There is no role {name}"), path)
        yield from item_faults(post, _KEYS, ["title"] if "title" in mapped(post) else [], path)
        above = texts(mapped(post).get("answers_to"))
        yield from unknown_names(above, roles, "POL014", N_("There is no role {name}"), f"{path}.answers_to")
        for part in ("duties", "rights"):
            yield from list_fault(mapped(post).get(part), f"{path}.{part}")
            for number, duty in enumerate(listed(mapped(post).get(part))):
                yield from _duty_faults(duty, kinds, flows, f"{path}.{part}.{number}")


def _duty_faults(duty: Value, kinds: Collection[str], flows: Collection[str], path: str) -> Iterator[Finding]:
    yield from item_faults(duty, _DUTY_KEYS, ["text"], path)
    named = mapped(duty)
    yield from unknown_names(texts(named.get("kinds")), kinds, "POL010", N_("There is no kind {name}"), f"{path}.kinds")
    yield from unknown_names(texts(named.get("flows")), flows, "POL004", N_("There is no flow {name}"), f"{path}.flows")


def _post(role: str, pack: str, given: Mapping[str, Value]) -> Post:
    return Post(
        role, pack, spoken(given.get("title")), texts(given.get("answers_to")),
        tuple(_duties(given.get("duties"))), tuple(_duties(given.get("rights"))),
    )  # fmt: skip


def _duties(raw: Value) -> Iterator[Duty]:
    for item in listed(raw):
        text = spoken(mapped(item).get("text"))
        if text is not None:
            named = mapped(item)
            names = (texts(named.get(key)) for key in ("kinds", "flows", "rules"))
            yield Duty(text, str(named.get("clause") or ""), *names)
