"""Read and write the user's crontab through the `crontab` command."""

from __future__ import annotations

import shutil
import subprocess

from crmctl.errors import BadConfiguration
from crmctl.i18n import _


def read_crontab() -> str:
    """The user's crontab; empty where there is none. Raises BadConfiguration where `crontab` is not installed."""
    done = subprocess.run([_program(), "-l"], capture_output=True, encoding="utf-8", check=False)
    return done.stdout if done.returncode == 0 else ""


def write_crontab(text: str) -> None:
    """Replace the user's crontab. Raises BadConfiguration when it is refused."""
    done = subprocess.run([_program(), "-"], input=text, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise BadConfiguration(_("The crontab was refused: {said}", said=done.stderr.strip()))


def _program() -> str:
    found = shutil.which("crontab")
    if found is None:
        raise BadConfiguration(_("There is no crontab on this machine"), hint="crmctl schedule show --systemd")
    return found
