"""What a record says of the files attached to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from crmctl.errors import Conflict, NotFound
from crmctl.i18n import _
from crmctl.model.fields.attachment import LARGEST
from crmctl.model.values import Value


def describe_file(path: Path) -> dict[str, Value]:
    """What a record says of an attached file: name, media type, size in bytes, sha256. Raises NotFound.

    A file above the limit is not read: the field refuses it by its size.
    """
    import mimetypes

    try:
        if not path.is_file():
            raise FileNotFoundError
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise NotFound(
            _("The file cannot be read"), where=str(path), hint=_("Check its name, and that you may read it")
        ) from error
    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    digest = hashlib.sha256(content).hexdigest()
    return {"name": path.name, "type": media, "size": max(size, len(content)), "sha256": digest}


def described(files: Mapping[str, Path] | None) -> dict[str, Value]:
    """File fields with what their records say of the files. Raises NotFound."""
    return {name: describe_file(path) for name, path in (files or {}).items()}


def content_of(path: Path, said: Value) -> bytes:
    """The content of a file as the record describes it. Raises Conflict when it was changed since."""
    content = path.read_bytes()
    if not isinstance(said, dict) or hashlib.sha256(content).hexdigest() != said.get("sha256"):
        raise Conflict(_("The file changed while it was read"), where=str(path), hint=_("Run the command again"))
    return content
