"""Evidence of one customer in a folder: what happened, the records, who signed each change, and a way to prove it.

The folder is proved without crmctl, Git or any key (`evidence_verifier`, copied in as `verify.py`). It holds the
customer's data in the clear, for the eyes it is meant for only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from crmctl import __version__
from crmctl.errors import CrmctlError, GitFailed, NoKey, Refused
from crmctl.i18n import _
from crmctl.ledger.disk.files import write_atomic
from crmctl.ledger.git.repository import Repository
from crmctl.ledger.keys.keyring import keyring_ref
from crmctl.ledger.ledger import Ledger, check_envelope, parse_record
from crmctl.ledger.reading import lookup
from crmctl.ledger.reading.history import timeline
from crmctl.model.dossier import folder_of
from crmctl.model.paths import place_of
from crmctl.trust.evidence_sums import file_key
from crmctl.trust.verify import Judge

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECKSUM = 6
_IMPORT = "from crmctl.trust.evidence_sums import unseal, verify_ed25519\n"
_AFTER = "from __future__ import annotations\n"
_README = """\
证据 / Evidence

本文件夹包含一个客户的全部记录（明文）和证明，请妥善保管，用完销毁。
核验（只需 Python 3.11 以上，不需要 crmctl、Git 或密钥）：

    python3 verify.py

This folder holds all that one customer's records say, in the clear, and their proof. Keep it safe; destroy it
after use. To prove it (Python 3.11 or later is enough; no crmctl, Git or key):

    python3 verify.py

timeline.txt   发生过的事 / what happened, as recorded
commits.txt    每一步由谁签名、改了哪些文件 / who signed each step, and what it touched
texts/         打得开的各版本记录 / each version of a record that opened for who made this
sealed/        密封的原件，文件名是 Git 对象号 / the sealed originals, named by their Git object
keys/          成员的公钥；allowed_signers 供 ssh-keygen 使用 / public keys; allowed_signers is for ssh-keygen
objects.bin    Git 对象（git cat-file --batch 的格式）/ Git objects, as git cat-file --batch prints them
evidence.json  以上内容的清单 / the list of all this

verify.py 证明历史完整、每一步确由其人签名、每份明文正是密封原件的内容（附件除外）。evidence.json 里的 key
只能打开那一份原件。请把 main 和 founding 与另一份台账的 crmctl verify --json 对照。
verify.py proves that the history is whole, who signed each step, and that each text is what its sealed original holds
(attachments excepted). A key in evidence.json opens that one original and nothing else. To tie the folder to the
ledger, compare `main` and `founding` with `crmctl verify --json` of another copy.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was written: where, the customer, how many steps, texts and sealed files, and records that did not open."""

    folder: Path
    customer: str
    steps: int
    texts: int
    sealed: int
    closed: int
    faults: int


def export(ledger: Ledger, who: str, folder: Path) -> Evidence:
    """Write the evidence of one customer into a new folder.

    Raises Refused for a folder that is not empty or lies inside the ledger, NotFound, GitFailed (cannot be written).
    """
    seen = ledger.landed
    customer = lookup.customer(seen, who)
    target = folder.absolute()
    if seen.repo.path.absolute() in {target, *target.parents}:
        raise Refused(_("The folder lies inside the ledger"), where=str(folder), hint=_("Choose a folder elsewhere"))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Refused(_("The folder is not empty"), where=str(folder), hint=_("Choose a new folder"))
    try:
        return _write(seen, customer, target)
    except OSError as error:
        raise GitFailed(
            _("{path} cannot be written", path=folder), where=str(folder),
            hint=_("Is the folder there, and yours to write in?"),
        ) from error  # fmt: skip


def _write(ledger: Ledger, customer: str, target: Path) -> Evidence:
    repo, place = ledger.repo, folder_of(customer)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("texts", "sealed", "keys"):
        (target / name).mkdir(mode=0o700)
    steps = _revisions(repo, "--first-parent", ledger.head, "--", place)
    brought = [one for step in steps for one in _brought(repo, step, place)]
    blobs = _blobs(repo, [*brought, *steps], place)
    for blob, content in repo.read_blobs([blob for blob, path in blobs.items() if path.endswith(".age")]):
        write_atomic(target / "sealed" / f"{blob}.age", content)
    texts, closed, damaged = _texts(ledger, blobs, target)
    write_atomic(target / "objects.bin", _objects(repo, ledger.head, [*steps, *brought], place))
    _keys(ledger, target / "keys")
    write_atomic(target / "timeline.txt", "\n".join([*_timeline(ledger, customer), ""]).encode())
    write_atomic(target / "commits.txt", "\n".join([*_told(repo, [*steps, *brought], place), ""]).encode())
    judged = Judge(repo, ledger.now.astimezone(UTC)).verify(
        None, ledger.head, repo.resolve(keyring_ref(ledger.in_force.settings.epoch))
    )
    founding = repo.run("rev-list", "--max-parents=0", ledger.head).decode().split()[0]
    document = {
        "schema": "crmctl/evidence/1", "ledger": ledger.in_force.settings.id, "customer": customer, "folder": place,
        "main": ledger.head, "founding": founding, "steps": steps, "brought": brought, "texts": texts, "closed": closed,
        "damaged": damaged,
        "made_by": ledger.member_id, "made_at": ledger.now.isoformat(), "crmctl": __version__,
        "verified": {"commits": judged.commits, "findings": [[f.code, f.where] for f in judged.findings]},
    }  # fmt: skip
    write_atomic(target / "evidence.json", json.dumps(document, ensure_ascii=False, indent=1).encode())
    write_atomic(target / "README.txt", _README.encode())
    write_atomic(target / "verify.py", _verifier())
    sealed = sum(path.endswith(".age") for path in blobs.values())
    faults = len(damaged) + sum(finding.severity == "error" for finding in judged.findings)
    return Evidence(target, customer, len(steps), len(texts), sealed, closed, faults)


def _revisions(repo: Repository, *words: str) -> list[str]:
    return repo.run("rev-list", "--topo-order", *words).decode().split()


def _brought(repo: Repository, step: str, place: str) -> list[str]:
    """The changes of the folder that a landing brings in."""
    parents = repo.commit(step).parents
    if len(parents) < 2:
        return []
    return _revisions(repo, "--full-history", "--no-merges", step, f"^{parents[0]}", "--", place)


def _blobs(repo: Repository, commits: Iterable[str], place: str) -> dict[str, str]:
    """Every file that ever lay below the folder: blob -> path."""
    return {blob: path for commit in commits for path, blob in repo.walk(commit, place)}


def _texts(ledger: Ledger, blobs: dict[str, str], target: Path) -> tuple[list[dict[str, str]], int, list[str]]:
    """Write each version of a record that opens. Returns the list, how many files stayed closed, which are damaged."""
    found: list[dict[str, str]] = []
    damaged: list[str] = []
    closed = 0
    for blob, path in blobs.items():
        if not path.endswith(".age"):
            continue
        ending = ".yaml" if path.endswith(".yaml.age") else ".attachment"
        try:
            sealed = ledger.repo.read_blob(blob)
            plain, generation = ledger.open_sealed(path, sealed)
            if ending == ".yaml":
                check_envelope(parse_record(plain, path), path)
        except NoKey:
            closed += 1
            continue
        except CrmctlError:
            damaged.append(path)
            continue
        name = f"texts/{Path(path).name.removesuffix('.age').removesuffix('.yaml')}-{blob[:12]}{ending}"
        write_atomic(target / name, plain)
        if ending == ".yaml":
            key = file_key(sealed, _secret(ledger, path, generation)).hex()
            found.append({"file": name, "sealed": blob, "path": path, "key": key})
    return found, closed, damaged


def _secret(ledger: Ledger, path: str, generation: int) -> bytes:
    place = place_of(path)
    assert place is not None
    return secret_of(ledger.ring.secret(ledger.dossier(place.dossier), place.compartment, generation))


def secret_of(text: str) -> bytes:
    """The 32 bytes that Bech32 (BIP 173) writes as `AGE-SECRET-KEY-1…`."""
    number = 0
    for letter in text.rpartition("1")[2][:-_CHECKSUM].lower():
        number = number << 5 | _BECH32.index(letter)
    return (number >> 4).to_bytes(32, "big")  # 52 letters are 260 bits, the last four of them padding


def _verifier() -> bytes:
    """`verify.py`: the verifier and its sums in one file that imports nothing of crmctl."""
    here = Path(__file__).parent
    text = (here / "evidence_verifier.py").read_text("utf-8")
    sums = (here / "evidence_sums.py").read_text("utf-8").partition(_AFTER)[2]
    return text.replace(_IMPORT, sums).encode()


def _objects(repo: Repository, tip: str, commits: list[str], place: str) -> bytes:
    """The whole line of commits, and of those that touched the folder and what they stand on: trees, members."""
    wanted = set(_revisions(repo, tip))
    shown = [*commits, tip, *(parent for one in commits for parent in repo.commit(one).parents)]
    for commit in dict.fromkeys(shown):
        wanted |= _trees(repo, commit, place) | _trees(repo, commit, "org/members")
        wanted |= {blob for _path, blob in repo.walk(commit, "org/members")}
        wanted |= {blob for path, blob in repo.walk(commit, place) if not path.endswith(".age")}
    return repo.run("cat-file", "--batch", input="".join(f"{name}\n" for name in sorted(wanted)).encode())


def _trees(repo: Repository, commit: str, place: str) -> set[str]:
    """The trees from a commit's root down to a folder and all below it."""
    found = {repo.commit(commit).tree}
    parts = place.split("/")
    for depth in range(1, len(parts) + 1):
        entry = repo.entry(commit, "/".join(parts[:depth]))
        if entry is None:
            return found
        found.add(entry.oid)
    waiting = [repo.entry(commit, place)]
    while waiting:
        entry = waiting.pop()
        for inner in repo.tree(entry.oid).values() if entry else ():
            if inner.kind == "tree":
                found.add(inner.oid)
                waiting.append(inner)
    return found


def _keys(ledger: Ledger, folder: Path) -> None:
    signers = []
    for member in ledger.in_force.org.members.values():
        if member.signs:
            write_atomic(folder / f"{member.id}.pub", f"{member.signs} {member.id}\n".encode())
            signers.append(f'{member.id} namespaces="git" {member.signs}\n')
    write_atomic(folder / "allowed_signers", "".join(signers).encode())


def _timeline(ledger: Ledger, customer: str) -> Iterator[str]:
    told = timeline(ledger, customer)
    lines = []
    for event in told.events:
        title = " ".join(str(value) for value in event.title.values())
        state = f" ({event.state})" if event.state else ""
        lines.append((event.day, f"{event.kind} {event.id}  {title}{state}  {event.who}"))
    for move in told.assigned:
        before, after = ((one and f"{one.owner} {one.state}") or "-" for one in (move.before, move.after))
        lines.append((move.day, f"assignment {move.department}  {before} > {after}  {move.by}"))
    yield from (f"{day}  {text}" for day, text in sorted(lines, reverse=True))
    yield from (f"({count} {kind} did not open)" for kind, count in told.closed)


def _told(repo: Repository, commits: list[str], place: str) -> Iterator[str]:
    for info in repo.commits(commits):
        yield f"{info.oid}  {info.committed_at.isoformat()}  {info.author.name}  {info.subject}"
        for change in repo.changed(info.parents[0] if info.parents else None, info.oid, place):
            yield f"    {change.path}"
