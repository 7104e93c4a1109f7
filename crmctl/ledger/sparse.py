"""How a clone is set up: what the work tree holds, and how Git treats sealed files."""

from __future__ import annotations

from crmctl.ledger.git import Repository
from crmctl.ledger.lock import ledger_lock

CLEAR_FOLDERS = ("org", "policy", "schemas", "templates")
_CONE = "/*\n!/*/\n" + "".join(f"/{folder}/\n" for folder in CLEAR_FOLDERS)

# Sealed text neither compresses nor deltas: trying costs most of the time and saves nothing.
_SETTINGS = {
    "core.loosecompression": "0",
    "pack.compression": "0",
    "core.logallrefupdates": "true",
    "transfer.fsckobjects": "true",
}
# Until the real commands are installed: a merge of sealed files ends in a conflict that keeps
# our side whole (Git's own text merge would write marks into them), a diff says "binary".
_UNTIL_INSTALLED = {
    "merge.crmctl.name": "crmctl: merge sealed records by field",
    "merge.crmctl.driver": "false",
    "diff.crmctl.binary": "true",
}
_BEGIN, _END = "# crmctl begin", "# crmctl end"
_ATTRIBUTES = f"{_BEGIN}\n*.age binary -delta merge=crmctl diff=crmctl\n{_END}\n"


def set_up(repo: Repository) -> None:
    """Sparse work tree of the clear files only, settings and attributes for sealed ones; as often as you like.

    What the user configured for the merge driver or added to the attributes stays.
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


def _config(repo: Repository) -> dict[str, str]:
    pairs = repo.run("config", "--list", "-z").decode("utf-8", "replace").split("\0")
    return {name: value for name, _newline, value in (pair.partition("\n") for pair in pairs)}


def _configure(repo: Repository, descriptor: int) -> None:
    listed = repo.run("config", "--local", "--list", "-z").decode("utf-8", "replace").split("\0")
    present = {name: value for name, _newline, value in (pair.partition("\n") for pair in listed)}
    missing = {name: value for name, value in _UNTIL_INSTALLED.items() if name not in present}
    for name, value in (_SETTINGS | missing).items():
        if present.get(name) != value:
            repo.run("config", "--local", name, value, keep_open=(descriptor,))


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
