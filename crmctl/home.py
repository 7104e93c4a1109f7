"""Where this person's own files are: configuration, identities, logs. `CRMCTL_HOME` moves them."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def home() -> Path:
    """The folder of this person's files; it need not exist yet."""
    chosen = os.environ.get("CRMCTL_HOME")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "crmctl"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "crmctl"
