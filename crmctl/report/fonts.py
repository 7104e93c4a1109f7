"""The font a printed report is set in: one of this machine that has Chinese, found by its file name.

crmctl brings no font: the smallest with all of Chinese is larger than crmctl itself. What is drawn
with it is embedded in the file, so that the reader's machine needs none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from crmctl.errors import GitFailed
from crmctl.i18n import _

VARIABLE = "CRMCTL_FONT"
# regular and bold by file name, the better first; one face serves for both where there is no bold
_KNOWN = (
    ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"),
    ("NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"),
    ("NotoSansSC-Regular.otf", "NotoSansSC-Bold.otf"),
    ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    ("SourceHanSansSC-Regular.otf", "SourceHanSansSC-Bold.otf"),
    ("SourceHanSansCN-Regular.otf", "SourceHanSansCN-Bold.otf"),
    ("msyh.ttc", "msyhbd.ttc"),
    ("PingFang.ttc", "PingFang.ttc"),
    ("Hiragino Sans GB.ttc", "Hiragino Sans GB.ttc"),
    ("STHeiti Light.ttc", "STHeiti Medium.ttc"),
    ("wqy-microhei.ttc", "wqy-microhei.ttc"),
    ("wqy-zenhei.ttc", "wqy-zenhei.ttc"),
    ("simhei.ttf", "simhei.ttf"),
)
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Face:
    """One font file, and which of its fonts (0 for a file of one)."""

    path: Path
    number: int = 0


@dataclass(frozen=True, slots=True)
class Fonts:
    """What is set plainly and what stands out."""

    plain: Face
    bold: Face


def find_fonts(environ: Mapping[str, str] | None = None, folders: Iterable[Path] | None = None) -> Fonts:
    """The machine's font for Chinese. Raises GitFailed that names the package when none is there."""
    named = (os.environ if environ is None else environ).get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise GitFailed(_("There is no font file {path}", path=named), hint=f"{VARIABLE}=…/NotoSansCJK-Regular.ttc")
        return Fonts(_face(Path(named)), _face(Path(named)))
    there = _files(font_folders() if folders is None else folders)
    for plain, bold in _KNOWN:
        if plain in there:
            return Fonts(_face(there[plain]), _face(there.get(bold, there[plain])))
    raise GitFailed(
        _("No font with Chinese is on this machine, and a PDF is not drawn without one"),
        hint=_("Install the package fonts-noto-cjk, or name a font file in {variable}", variable=VARIABLE),
    )


def font_folders(environ: Mapping[str, str] | None = None) -> Iterator[Path]:
    """Where this system keeps its fonts, and the user theirs."""
    found = os.environ if environ is None else environ
    home = Path.home()
    yield from (home / ".local" / "share" / "fonts", home / ".fonts", home / "Library" / "Fonts")
    root = Path(home.anchor)
    shared = found.get("XDG_DATA_DIRS") or os.pathsep.join(
        str(root / "usr" / part) for part in ("local/share", "share")
    )
    yield from (Path(part) / "fonts" for part in shared.split(os.pathsep) if part)
    yield from (root / "Library" / "Fonts", root / "System" / "Library" / "Fonts")
    if "WINDIR" in found:
        yield Path(found["WINDIR"]) / "Fonts"


def _files(folders: Iterable[Path]) -> dict[str, Path]:
    """The known files there are by name; the first folder that has one wins."""
    wanted = {name for pair in _KNOWN for name in pair}
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _below(folder, _DEEPEST):
            if path.name in wanted:
                found.setdefault(path.name, path)
    return found


def _below(folder: Path, depth: int) -> Iterator[Path]:
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    for path in inside:
        if path.is_dir():
            if depth:
                yield from _below(path, depth - 1)
        else:
            yield path


def _face(path: Path) -> Face:
    """The simplified Chinese font of a collection, where it has one; else its first."""
    if path.suffix.lower() != ".ttc":
        return Face(path)
    from fontTools.ttLib import TTCollection

    with TTCollection(str(path), lazy=True) as collection:
        names = [str(font["name"].getDebugName(1) or "") for font in collection.fonts]
    return Face(path, next((number for number, name in enumerate(names) if " SC" in name), 0))
