"""Proves an evidence folder with nothing but Python's standard library: run `python3 verify.py` inside it.

It looks at five things and trusts nothing that a file merely says:

1. every Git object here has the name its content gives it;
2. the whole line of commits is here, from `main` back to the one founding commit;
3. nothing that touched the customer's folder was left out: between two steps told here it did not change;
4. each step is signed (SSHSIG, ed25519) by who it names, with the key that the ledger knew for him before that step;
5. every sealed file the steps name is here, and every text is what its sealed file holds: it is opened again with that
   one file's own key, which opens nothing else.

Compare `main` and `founding` with another copy of the ledger (`crmctl verify --json`): that ties the folder to it.
Sources: Git's object and commit formats; OpenSSH PROTOCOL.sshsig.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import sys
from pathlib import Path

from crmctl.trust.evidence_sums import unseal, verify_ed25519

_SIGNS = re.compile(r"^signs: [\"']?(ssh-ed25519 [A-Za-z0-9+/=]+)", re.MULTILINE)
_NAMES = ("prev", "by", "id", "dossier", "rev")

Objects = dict[str, tuple[str, bytes]]


def main(folder: Path) -> int:
    """Prove the evidence in `folder`, print what was found; 0 when nothing is wrong, else 1."""
    try:
        faults, told = prove(folder)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        faults, told = [f"the folder cannot be read: {type(error).__name__} {error}"], []
    for line in told:
        sys.stdout.write(f"{line}\n")
    for line in faults:
        sys.stdout.write(f"FAULT: {line}\n")
    sys.stdout.write(f"{'NOT PROVED' if faults else 'PROVED'}: {len(faults)} faults\n")
    return 1 if faults else 0


def prove(folder: Path) -> tuple[list[str], list[str]]:
    """What is wrong with the evidence, and what is told about it. Raises OSError, ValueError, KeyError (torn)."""
    said = json.loads((folder / "evidence.json").read_text("utf-8"))
    objects, faults = _objects(folder / "objects.bin")
    sealed = _sealed(folder / "sealed", faults)
    tip, founding, place = str(said["main"]), str(said["founding"]), str(said["folder"])
    line = _line(objects, tip, founding, faults)
    if faults:
        return faults, []
    steps = [str(step) for step in said["steps"]]
    faults += _nothing_left_out(objects, line, steps, place)
    told = [f"main {tip}", f"founding {founding}", f"{len(objects)} objects, {len(line)} steps of main"]
    blobs: dict[str, tuple[str, str]] = {}
    for step in [*steps, *(str(one) for one in said["brought"])]:
        author, when, fault = _signed(objects, step)
        faults += [f"{step}: {fault}"] if fault else []
        told.append(f"{step} {when} signed by {author}" if not fault else f"{step} NOT signed by {author}")
        for path, blob in _files(objects, _tree_of(objects, step), place):
            blobs.setdefault(blob, (path, author))
            if path.endswith(".age") and blob not in sealed:
                faults.append(f"{step}: sealed/{blob}.age is missing ({path})")
    faults += _texts(folder, said["texts"], blobs)
    told.append(f"{len(steps)} steps touched {place}, {len(sealed)} sealed files, {len(said['texts'])} texts")
    return faults, told


# Git


def _objects(file: Path) -> tuple[Objects, list[str]]:
    """`<id> <kind> <size>` LF content LF, one after the other, as `git cat-file --batch` prints them."""
    raw, at, found, faults = file.read_bytes(), 0, Objects(), []
    while at < len(raw):
        end = raw.index(b"\n", at)
        name, kind, size = raw[at:end].decode("ascii").split(" ")
        content = raw[end + 1 : end + 1 + int(size)]
        at = end + 2 + int(size)
        if _id(kind, content) != name:
            faults.append(f"object {name} has another content")
        found[name] = (kind, content)
    return found, faults


def _id(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


def _sealed(folder: Path, faults: list[str]) -> set[str]:
    found = set()
    for file in sorted(folder.glob("*.age")):
        found.add(file.stem)
        if _id("blob", file.read_bytes()) != file.stem:
            faults.append(f"sealed/{file.name} has another content")
    return found


def _commit(objects: Objects, name: str) -> tuple[dict[str, list[str]], bytes, str]:
    """A commit's headers, what its signature covers, and the signature."""
    kind, content = objects[name]
    if kind != "commit":
        raise ValueError(name)
    head, _blank, message = content.partition(b"\n\n")
    headers: dict[str, list[str]] = {}
    kept, signature, inside = [], [], False
    for row in head.split(b"\n"):
        if row.startswith(b"gpgsig "):
            inside = True
            signature.append(row[7:])
        elif inside and row.startswith(b" "):
            signature.append(row[1:])
        else:
            inside = False
            kept.append(row)
            word, _space, value = row.partition(b" ")
            headers.setdefault(word.decode("ascii"), []).append(value.decode("utf-8", "replace"))
    return headers, b"\n".join(kept) + b"\n\n" + message, b"\n".join(signature).decode("ascii")


def _line(objects: Objects, tip: str, founding: str, faults: list[str]) -> list[str]:
    """Main's own line, newest first; every commit behind it must be here and end in the founding one."""
    waiting, seen, roots = [tip], {tip}, []
    while waiting:
        name = waiting.pop()
        if name not in objects:
            faults.append(f"commit {name} is missing")
            continue
        parents = _commit(objects, name)[0].get("parent", [])
        roots += [] if parents else [name]
        fresh = [parent for parent in parents if parent not in seen]
        seen.update(fresh)
        waiting += fresh
    if roots != [founding] and not faults:
        faults.append(f"the history does not begin with {founding} alone")
    line: list[str] = []
    while not faults:
        line.append(tip)
        parents = _commit(objects, tip)[0].get("parent", [])
        if not parents:
            break
        tip = parents[0]
    return line


def _tree_of(objects: Objects, commit: str) -> str:
    return _commit(objects, commit)[0]["tree"][0]


def _entries(objects: Objects, tree: str) -> dict[str, tuple[str, str]]:
    """A tree's entries: name -> (mode, id)."""
    kind, content = objects[tree]
    if kind != "tree":
        raise ValueError(tree)
    found, at = {}, 0
    while at < len(content):
        end = content.index(b"\0", at)
        mode, _space, name = content[at:end].decode("utf-8").partition(" ")
        found[name] = (mode, content[end + 1 : end + 21].hex())
        at = end + 21
    return found


def _at(objects: Objects, tree: str, path: str) -> str:
    """What lies at a path of a tree; empty where nothing does."""
    for part in path.split("/"):
        entry = _entries(objects, tree).get(part)
        if entry is None:
            return ""
        tree = entry[1]
    return tree


def _files(objects: Objects, tree: str, place: str) -> list[tuple[str, str]]:
    """(path, blob) of every file below a folder of a tree."""
    top = _at(objects, tree, place)
    waiting, found = [(place, top)] if top else [], []
    while waiting:
        lead, name = waiting.pop()
        for entry, (mode, inner) in _entries(objects, name).items():
            if mode == "40000":
                waiting.append((f"{lead}/{entry}", inner))
            else:
                found.append((f"{lead}/{entry}", inner))
    return found


def _nothing_left_out(objects: Objects, line: list[str], steps: list[str], place: str) -> list[str]:
    """Whether the folder of `place` stayed as it was between the steps told (newest first)."""
    where = {name: number for number, name in enumerate(line)}
    if [where.get(step, -1) for step in steps] != sorted(where.get(step, -1) for step in steps):
        return ["the steps are not in main's order"]
    if any(step not in where for step in steps) or not steps:
        return ["a step told here is not on main's line"]
    faults = []
    after = _at(objects, _tree_of(objects, line[0]), place)
    for step in steps:
        if _at(objects, _tree_of(objects, step), place) != after:
            faults.append(f"{place} changed after {step} in a step that is not told here")
        parents = _commit(objects, step)[0].get("parent", [])
        after = _at(objects, _tree_of(objects, parents[0]), place) if parents else ""
    if after:
        faults.append(f"{place} was there before {steps[-1]}: earlier steps are not told here")
    return faults


# Signatures


def _signed(objects: Objects, name: str) -> tuple[str, str, str]:
    """Who made a commit, when he says, and what is wrong with its signature (empty: nothing)."""
    headers, payload, signature = _commit(objects, name)
    author, committer = (headers[word][0] for word in ("author", "committer"))
    member, when = author.partition(" <")[0], author.rpartition("> ")[2]
    if committer.partition("> ")[0] != author.partition("> ")[0]:
        return member, when, "author and committer differ"
    parents = headers.get("parent", [])
    known = _key(objects, _tree_of(objects, parents[0]) if parents else _tree_of(objects, name), member)
    if not known and parents:
        return member, when, f"{member} was no member then"
    if verify_sshsig(payload, signature, known):
        return member, when, ""
    own = _key(objects, _tree_of(objects, name), member)
    if len(parents) > 1 and own != known and any(_changes_key(objects, parent, known) for parent in parents[1:]):
        return member, when, "" if verify_sshsig(payload, signature, own) else "the signature is not this member's"
    return member, when, "the signature is not this member's"


def _changes_key(objects: Objects, side: str, known: str) -> bool:
    """Whether a side of a landing begins with a change of the member's key that the old key signed."""
    for _step in range(1000):
        headers, payload, signature = _commit(objects, side)
        if verify_sshsig(payload, signature, known):
            return True
        parents = headers.get("parent", [])
        if not parents:
            return False
        side = parents[0]
    return False


def _key(objects: Objects, tree: str, member: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", member):
        return ""
    blob = _at(objects, tree, f"org/members/{member}.yaml")
    match = _SIGNS.search(objects[blob][1].decode("utf-8")) if blob else None
    return match[1] if match else ""


def verify_sshsig(payload: bytes, armored: str, public_line: str) -> bool:
    """Whether `armored` is the SSHSIG over `payload`, in Git's namespace, by this `ssh-ed25519 AAAA…`."""
    try:
        rows = armored.strip().split("\n")
        if rows[0] != "-----BEGIN SSH SIGNATURE-----" or rows[-1] != "-----END SSH SIGNATURE-----":
            return False
        blob = base64.b64decode("".join(rows[1:-1]), validate=True)
        public = base64.b64decode(public_line.split(" ")[1], validate=True)
    except (binascii.Error, IndexError, ValueError):
        return False
    text = _string
    frame = b"SSHSIG\0\0\0\1" + text(public) + text(b"git") + text(b"") + text(b"sha512")
    inner = text(b"ssh-ed25519") + (64).to_bytes(4, "big")
    frame += (len(inner) + 64).to_bytes(4, "big") + inner
    if (
        not blob.startswith(frame)
        or len(blob) != len(frame) + 64
        or public[:19] != text(b"ssh-ed25519") + b"\0\0\0\x20"
    ):
        return False
    hashed = text(hashlib.sha512(payload).digest())
    return verify_ed25519(public[19:], blob[-64:], b"SSHSIG" + text(b"git") + text(b"") + text(b"sha512") + hashed)


def _string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


# Texts


def _texts(folder: Path, texts: list[dict[str, str]], blobs: dict[str, tuple[str, str]]) -> list[str]:
    """Hold each text against the sealed file it is said to come from: its content, where it lay, what it replaced."""
    faults = []
    for said in texts:
        file, blob = str(said["file"]), str(said["sealed"])
        if blob not in blobs:
            faults.append(f"{file}: no step brought the sealed file {blob}")
            continue
        content = (folder / file).read_bytes()
        opened = unseal((folder / "sealed" / f"{blob}.age").read_bytes(), bytes.fromhex(said["key"]))
        if opened != content:
            faults.append(f"{file} is not what its sealed file holds")
            continue
        path, _author = blobs[blob]
        head = _envelope(content.decode("utf-8"))
        if path != said["path"] or head.get("dossier", "") not in path:
            faults.append(f"{file}: its sealed file lay elsewhere")
        prev = head.get("prev", "null")
        if prev not in {"null", ""} and prev not in blobs:
            faults.append(f"{file}: the version it replaced ({prev}) is in no step")
    return faults


def _envelope(text: str) -> dict[str, str]:
    """The plain lines at the beginning of a record that name it; no YAML is needed for them."""
    found = {}
    for row in text.split("\n"):
        name, colon, value = row.partition(": ")
        if colon and name in _NAMES and name not in found:
            found[name] = value.strip("\"'")
    return found


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent))
