"""How a clone is set up: what the work tree holds, and how Git treats sealed files."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from crmctl.ledger.git.lock import ledger_lock
from crmctl.ledger.git.repository import Repository

_DRIVER = "crmctl.cli.git_driver"
_STARTED = ("merge.crmctl.driver", "diff.crmctl.textconv")
CLEAR_FOLDERS = ("org", "policy", "schemas", "templates")
_CONE = "/*\n!/*/\n" + "".join(f"/{folder}/\n" for folder in CLEAR_FOLDERS)

# Sealed text neither compresses nor deltas: trying costs most of the time and saves nothing.
_SETTINGS = {
    "core.loosecompression": "0",
    "pack.compression": "0",
    "core.logallrefupdates": "true",
    "transfer.fsckobjects": "true",
}
# Git starts these from the work tree: -P keeps a file that lies there from being taken for a module.
_PROGRAM = f"{shlex.quote(sys.executable)} -P -m {_DRIVER}"
_UNSEEN = 'echo "[sealed $(git hash-object "$1")]"'
# A driver that does not start (the program moved) ends in a conflict that keeps our side whole, and a
# diff says "sealed": Git would give up the whole diff otherwise.
_COMMANDS = {
    "merge.crmctl.name": "crmctl: merge sealed records by field",
    "merge.crmctl.driver": f"{_PROGRAM} merge %O %A %B %P",
    "merge.crmctl.recursive": "binary",
    "diff.crmctl.textconv": f'f() {{ {_PROGRAM} show "$1" 2>/dev/null || {_UNSEEN}; }}; f',
    "diff.crmctl.cachetextconv": "false",
    "diff.crmctl.binary": "true",
}
_BEGIN, _END = "# crmctl begin", "# crmctl end"
# Who is responsible and which key counts is never merged line by line: both sides changed it, both must look.
_NEVER_MERGED = ("dossier.yaml", "office.yaml", "/ledger.yaml", "/org/**")
_ATTRIBUTES = (
    f"{_BEGIN}\n*.age binary -delta merge=crmctl diff=crmctl\n"
    + "".join(f"{pattern} -merge\n" for pattern in _NEVER_MERGED)
    + f"{_END}\n"
)
# The same for a copy that plain `git clone` made: it knows no driver, so sealed files are kept apart.
TRACKED_ATTRIBUTES = "*.age binary -delta\n" + "".join(f"{pattern} -merge\n" for pattern in _NEVER_MERGED)


def set_up(repo: Repository) -> None:
    """Sparse work tree of the clear files only, settings and attributes for sealed ones; as often as you like.

    A merge driver or textconv of the user's own stays, and so do other attributes.
    """
    with ledger_lock(repo) as descriptor:
        _configure(repo, descriptor)
        _attributes(repo)
        if not repo.is_bare and not is_sparse(repo):
            repo.run(
                "sparse-checkout", "set", "--cone", "--sparse-index", *CLEAR_FOLDERS, keep_open=(descriptor,)
            )  # fmt: skip


def is_sparse(repo: Repository) -> bool:
    """Whether the work tree holds just the clear files."""
    try:
        cone = (repo.git_dir / "info" / "sparse-checkout").read_text("utf-8")
    except OSError:
        return False
    wanted = {"core.sparsecheckout": "true", "core.sparsecheckoutcone": "true", "index.sparse": "true"}
    return cone == _CONE and wanted.items() <= _config(repo).items()


def refresh_drivers(repo: Repository) -> bool:
    """Set the copy up again where Git would not find crmctl for its merges and diffs; whether that was so."""
    if drivers_stand(repo):
        return False
    set_up(repo)
    return True


def drivers_stand(repo: Repository) -> bool:
    """Whether Git knows how to merge and show sealed files here, and the program it would start is there."""
    try:
        attributes = (repo.common_dir / "info" / "attributes").read_text("utf-8", "replace")
    except OSError:
        return False
    config = _config(repo)
    return _ATTRIBUTES in attributes and all(_starts(config.get(name, "false")) for name in _STARTED)


def _starts(command: str) -> bool:
    if _DRIVER not in command:
        return command != "false"  # the user's own
    words = shlex.split(command.removeprefix("f() { ").partition(" -P ")[0])
    return len(words) == 1 and Path(words[0]).is_file()


def _config(repo: Repository) -> dict[str, str]:
    pairs = repo.run("config", "--list", "-z").decode("utf-8", "replace").split("\0")
    return {name: value for name, _newline, value in (pair.partition("\n") for pair in pairs)}


def _configure(repo: Repository, descriptor: int) -> None:
    listed = repo.run("config", "--local", "--list", "-z").decode("utf-8", "replace").split("\0")
    present = {name: value for name, _newline, value in (pair.partition("\n") for pair in listed)}
    missing = {name: value for name, value in _COMMANDS.items() if _is_ours(name, present.get(name))}
    for name, value in (_SETTINGS | missing).items():
        if present.get(name) != value:
            repo.run("config", "--local", name, value, keep_open=(descriptor,))


def _is_ours(name: str, present: str | None) -> bool:
    """Whether crmctl may set this: it is not set, or crmctl set it (earlier ones made every merge fail)."""
    return present is None or name not in _STARTED or present == "false" or _DRIVER in present


def _attributes(repo: Repository) -> None:
    path = repo.common_dir / "info" / "attributes"
    try:
        text = path.read_text("utf-8", "surrogateescape")
    except OSError:
        text = ""
    if _ATTRIBUTES in text:
        return
    before, _begin, rest = text.partition(_BEGIN)
    after = rest.partition(_END + "\n")[2]
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name("attributes.new")
    fresh.write_text(before + after + _ATTRIBUTES, "utf-8", "surrogateescape")
    fresh.replace(path)
