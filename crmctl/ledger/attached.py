"""What a record says of the files attached to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from crmctl.errors import NotFound
from crmctl.i18n import _
from crmctl.model.values import Value


def describe_file(path: Path) -> dict[str, Value]:
    """What a record says of an attached file: name, media type, size in bytes, sha256. Raises NotFound."""
    import mimetypes

    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(
            _("The file cannot be read"), where=str(path), hint=_("Check its name, and that you may read it")
        ) from error
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {"name": path.name, "type": media, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def described(files: Mapping[str, Path] | None) -> dict[str, Value]:
    """File fields with what their records say of the files. Raises NotFound."""
    return {name: describe_file(path) for name, path in (files or {}).items()}
