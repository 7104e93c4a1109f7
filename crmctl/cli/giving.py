"""The options of what leaves the ledger: who gets it, why, and to whose keys it is sealed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmctl.i18n import N_

To = Annotated[str | None, typer.Option("--to", metavar=N_("WHOM"), help=N_("Who outside gets it; goes on record."))]
Purpose = Annotated[str | None, typer.Option("--purpose", help=N_("What they need it for."))]
Basis = Annotated[
    str | None, typer.Option("--basis", metavar="consent|law|internal", help=N_("The customer's consent, or the law."))
]
Law = Annotated[str | None, typer.Option("--law", help=N_("Which law asks for it."))]
Consent = Annotated[
    Path | None, typer.Option("--consent", metavar=N_("FILE"), help=N_("The customer's consent on paper, scanned."))
]
Under = Annotated[
    str | None, typer.Option("--under", metavar=N_("ID"), help=N_("A disclosure of that customer, approved before."))
]
SealTo = Annotated[
    list[str] | None,
    typer.Option(
        "--seal-to", metavar="age1…|MEMBER|DEPARTMENT", help=N_("Seal the file so that only these can open it.")
    ),
]
Along = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="personal", help=N_("Sensitive fields that go outside all the same.")),
]
