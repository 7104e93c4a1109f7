"""Found a ledger: the first commit of the keyring and of main, and the founder's copy (DESIGN 2, 3)."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from crmctl import clock
from crmctl.errors import BadConfiguration
from crmctl.i18n import _, language
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.disk.shipped import kind_files, pack_file
from crmctl.ledger.disk.yamlio import dump, load
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.git.sparse import TRACKED_ATTRIBUTES, set_up
from crmctl.ledger.git.transaction import Change, Who, write
from crmctl.ledger.in_force import compile_in_force
from crmctl.ledger.keys import identity as identities
from crmctl.ledger.keys.groups import missing_groups
from crmctl.ledger.keys.identity import Identity
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.keys.seal import new_key, seal_passphrase
from crmctl.ledger.ledger import MAIN, claim_clone
from crmctl.model.access import RECOVERY
from crmctl.model.clear_files import Settings, encode_departments, encode_groups, encode_member
from crmctl.model.ids import new_id
from crmctl.model.kinds import Label
from crmctl.model.org import Department, GroupKey, Member, Org, Role
from crmctl.model.values import Value
from crmctl.model.wraps import write_wraps
from crmctl.policy.pack import Pack, lay_over, read_pack
from crmctl.resources import packs_path

EPOCH = 1


@dataclass(frozen=True, slots=True)
class Founding:
    """What `init` was told. `departments` maps ids to labels; `passphrase` None leaves the key bare."""

    company: str
    departments: Mapping[str, Label]
    founder: str
    founder_name: str
    packs: Sequence[str] = ("base",)
    timezone: str = "Asia/Shanghai"
    currency: str = "CNY"
    passphrase: str | None = None


@dataclass(frozen=True, slots=True)
class Founded:
    """The new ledger: its folder, id, first commit, and where the recovery key lies."""

    path: Path
    ledger_id: str
    commit: str
    recovery: Path


def found(path: Path, founding: Founding, home: Path) -> Founded:
    """Make the ledger at `path`, which must be absent or empty. Nothing of it is left on failure.

    Raises BadConfiguration for a folder that is not empty or kinds and packs that do not load, NotFound for
    a pack that is not shipped, InvalidInput for a founder's name that is none.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise BadConfiguration(_("The folder is not empty"), where=str(path), hint=_("crmctl init NEW-FOLDER"))
    path.absolute().parent.mkdir(parents=True, exist_ok=True)
    building = path.absolute().with_name(f".{path.name}.{secrets.token_hex(4)}")
    with ExitStack() as undo:
        building.mkdir()
        undo.callback(shutil.rmtree, building, ignore_errors=True)
        founded = _build(building, founding, home, undo)
        _move(building, path, undo)
        undo.pop_all()
    return replace(founded, path=path)


def _move(building: Path, path: Path, undo: ExitStack) -> None:
    """Put the whole ledger in its place. An empty folder is filled, not replaced: somebody may stand in it."""
    if not path.exists():
        building.replace(path)
        return
    for entry in sorted(building.iterdir(), reverse=True):  # .git last: without it there is no ledger yet
        undo.callback(_remove, path / entry.name)
        entry.replace(path / entry.name)
    building.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _build(path: Path, founding: Founding, home: Path, undo: ExitStack) -> Founded:
    now = clock.now(founding.timezone)
    pack = _pack(founding.packs)
    shipped = _shipped(founding.packs)
    identity = _identity(founding, home)
    ledger_id = new_id("L", secrets.token_bytes(16), 10)
    recovery_file, recovery_key = _recovery(home, ledger_id, founding.passphrase)
    undo.callback(recovery_file.unlink, missing_ok=True)
    org = _org(founding, identity, now.date(), recovery_key)
    org, wraps = missing_groups(pack, org, now.date())

    repo = Repository.create(path)
    who = Who(founding.founder, f"{founding.founder}@{ledger_id}.crmctl.invalid")
    root = _write_keyring(repo, ledger_id, wraps, identity, who, now)
    settings = Settings(
        ledger_id, founding.company, founding.timezone, "zh-CN" if language() == "zh_CN" else "en", founding.currency,
        EPOCH, root,
    )  # fmt: skip
    edits = {**shipped, **_org_files(org), "ledger.yaml": dump(settings.encode())}
    edits["policy/company.yaml"] = dump(
        {"schema": "crmctl/company/1", "pack": "company", "version": 1, "extends": list(founding.packs)}
    )
    compile_in_force({name: load(content, name) for name, content in edits.items() if content is not None})
    edits[".gitattributes"] = TRACKED_ATTRIBUTES.encode()
    message = f"found ledger {ledger_id}\n\nCrmctl-Action: init\nCrmctl-Keyring: {root}\n"
    set_up(repo)
    commit = write(repo, [Change(MAIN, None, edits, message)], identity.sign, who, now)[-1]
    claim_clone(repo, founding.founder)
    repo.close()
    return Founded(path, ledger_id, commit, recovery_file)


def _identity(founding: Founding, home: Path) -> Identity:
    if founding.founder not in identities.members_with_identity(home):
        identities.create(home, founding.founder, founding.passphrase)
    phrase = founding.passphrase
    return identities.load(home, founding.founder, (lambda: phrase) if phrase is not None else None)


def _recovery(home: Path, ledger_id: str, passphrase: str | None) -> tuple[Path, str]:
    """The recovery identity: reads everything, is nobody's, and belongs offline."""
    pair = new_key()
    content = (
        f"# crmctl recovery key of {ledger_id}. Move it offline.\n# public key: {pair.public}\n{pair.secret}\n".encode()
    )
    folder = home / "recovery"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if passphrase is None:
        file = folder / f"{ledger_id}.txt"
        write_atomic(file, content)
    else:
        file = folder / f"{ledger_id}.age"
        write_atomic(file, seal_passphrase(content, passphrase))
    return file, pair.public


def _org(founding: Founding, identity: Identity, today: date, recovery_key: str) -> Org:
    departments = {key: Department(key, label) for key, label in founding.departments.items()}
    # A one-person ledger needs no second person: the founder administers, heads and sells until others come.
    roles = [Role("admin", None, today)]
    roles += [Role(role, key, today) for key in departments for role in ("head", "sales")]
    founder = Member(
        founding.founder, founding.founder_name, tuple(roles), identity.opens, identity.signs, today, pledge=today
    )
    return Org({founder.id: founder}, departments, {RECOVERY: GroupKey(recovery_key, 1)})


def _write_keyring(
    repo: Repository, ledger_id: str, wraps: dict[str, dict[tuple[str, int], bytes]], identity: Identity, who: Who,
    now: datetime,
) -> str:  # fmt: skip
    head: dict[str, Value] = {"schema": "crmctl/keyring/1", "ledger": ledger_id, "epoch": EPOCH}
    edits: dict[str, bytes | None] = {file: write_wraps(lines) for file, lines in wraps.items()}
    edits["keyring.yaml"] = dump(head)
    change = Change(keyring_ref(EPOCH), None, edits, f"keyring of {ledger_id}\n")
    return write(repo, [change], identity.sign, who, now)[-1]


def _shipped(packs: Sequence[str]) -> dict[str, bytes | None]:
    """The kinds and packs copied into the ledger: only what lies there counts (DESIGN 5)."""
    edits: dict[str, bytes | None] = {f"schemas/{file.name}": file.read_bytes() for file in kind_files().values()}
    for name in packs:
        edits[f"policy/packs/{name}.yaml"] = pack_file(name).read_bytes()
    edits["policy/calendar.yaml"] = (packs_path() / "calendar" / "cn.yaml").read_bytes()
    return edits


def _pack(names: Sequence[str]) -> Pack:
    packs = []
    for name in names:
        content = load(pack_file(name).read_bytes(), f"{name}.yaml")
        packs.append(read_pack(content if isinstance(content, dict) else {}, name)[0])
    return lay_over(packs)


def _org_files(org: Org) -> dict[str, bytes | None]:
    files: dict[str, bytes | None] = {
        f"org/members/{member.id}.yaml": dump(encode_member(member)) for member in org.members.values()
    }
    files["org/departments.yaml"] = dump(encode_departments(org.departments))
    files["org/groups.yaml"] = dump(encode_groups(org.groups))
    return files
