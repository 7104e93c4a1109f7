"""`crmctl review` at a terminal: a summary, then one change after the other. A key acts at once: ^C loses nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crmctl.cli.commands import review_deeds
from crmctl.cli.commands.review_words import change_brief
from crmctl.cli.keys import Keys
from crmctl.cli.out import say
from crmctl.cli.paging import page
from crmctl.cli.progress import transfer
from crmctl.errors import Aborted, CrmctlError
from crmctl.i18n import N_, _
from crmctl.ledger.ledger import Ledger
from crmctl.ledger.reading.people import member_name
from crmctl.review import notes
from crmctl.review.desk import Desk, desk_of
from crmctl.review.inbox import Handed
from crmctl.review.refusing import is_request, refuse

_FEW = 10
_AROUND = 6  # lines of the screen that the summary needs besides
_NEXT = {"n", " ", "\r", "\n", "j", "\x1b[C", "\x1b[B"}
_BACK = {"p", "k", "\x1b[D", "\x1b[A"}
_LEAVE = {"q", "\x1b", "\x04"}
# What is asked, what is filed with the answer, and what is said then.
_TOLD: Mapping[str, tuple[str, Callable[[Ledger, list[Handed], str], object], str]] = {
    "r": (N_("Why is it sent back? "), notes.send_back, N_("Sent back")),
    "x": (N_("Why is it refused? "), refuse, N_("Refused")),
    "c": (N_("What do you want to tell? "), notes.comment, N_("Told")),
}


@dataclass(slots=True)
class Walk:
    """One sitting. `skipped` are changes the person left for later; `at` is the one shown."""

    desk: Desk
    keys: Keys = field(default_factory=Keys)
    skipped: set[str] = field(default_factory=set)
    at: int = 0

    def run(self) -> None:
        """Go through what waits until nothing does, or the person leaves."""
        with transfer() as shown:
            self._again(review_deeds.fetched(self.desk.ledger, shown))
        if not self.desk.mine and not self.desk.notices:
            say(_("Nothing waits for you"))
            return
        if self._summary():
            self._one_by_one()
        left = len(self.desk.mine)
        say(
            _("{count:change still waits|changes still wait} for you: crmctl review", count=left)
            if left
            else _("Nothing waits for you")
        )

    def _again(self, ledger: object = None) -> None:
        self.desk = desk_of(self.desk.ledger.reopened() if ledger is None else ledger)  # type: ignore[arg-type]

    # The summary

    def _summary(self) -> bool:
        """Show what waits; False when the person leaves."""
        desk = self.desk
        say(_("{count:change waits|changes wait} for you, {clean} of them without findings",
              count=len(desk.mine), clean=len(desk.clean)))  # fmt: skip
        few = max(_FEW, shutil.get_terminal_size().lines - _AROUND)
        for change in desk.clean[:few]:
            say(f"  {change_brief(desk.ledger, desk.looked[change.name])}")
        if len(desk.clean) > few:
            say("  " + _("… and {count} more", count=len(desk.clean) - few))
        for notice in desk.notices:
            name = member_name(desk.ledger, notice.author)
            say("  " + _("For your information: {about}, {name}", about=", ".join(notice.about), name=name))
        say(_("a approves all without findings and shows the others; n shows one after the other; q leaves"))
        while True:
            key = self.keys.key()
            if key in _LEAVE:
                return False
            if key in {"a", "A"}:
                self._approve(desk.clean, noting=True)
                return True
            if key in _NEXT:
                return True

    # One by one

    def _one_by_one(self) -> None:
        self.at = 0
        while waiting := [change for change in self.desk.mine if change.stack.tip not in self.skipped]:
            self.at = min(self.at, len(waiting) - 1)
            change = waiting[self.at]
            say("")
            page(review_deeds.lines_of(self.desk, change), self.keys)
            say(
                _("{number} of {count}: y approve, r send back, x refuse, c comment, s skip, n next, p back, q leave",
                  number=self.at + 1, count=len(waiting))
                if is_request(self.desk.ledger, change)
                else _("{number} of {count}: y approve, r send back, c comment, s skip, n next, p back, q leave",
                       number=self.at + 1, count=len(waiting))
            )  # fmt: skip
            if not self._does(change, self.keys.key(), len(waiting)):
                return

    def _does(self, change: Handed, key: str, count: int) -> bool:
        """What a key does with the change shown; False to leave."""
        if key in _LEAVE:
            return False
        if key in {"y", "Y"}:
            self._approve([change])
        elif key in _TOLD and (key != "x" or is_request(self.desk.ledger, change)):
            self._tell(change, key)
        elif key == "s":
            self.skipped.add(change.stack.tip)
        elif key in _NEXT:
            if self.at + 1 >= count:
                return False
            self.at += 1
        elif key in _BACK:
            self.at = max(0, self.at - 1)
        return True

    def _approve(self, chosen: list[Handed], *, noting: bool = False) -> None:
        try:
            with transfer():
                done = review_deeds.carry_out(self.desk, chosen)
                noted = self.desk.notices if noting else ()
                if noted:
                    review_deeds.take_note(self.desk.ledger.reopened(), noted)
        except CrmctlError as error:
            self._trouble(error, chosen)
            return
        for line in review_deeds.approved_lines(self.desk, done, noted, 0):
            say(line)
        self._again()

    def _tell(self, change: Handed, key: str) -> None:
        question, file, done = _TOLD[key]
        try:
            text = self.keys.line(_(question))
        except Aborted:
            return
        if not text:
            say(_("Nothing was changed"))
            return
        try:
            with transfer() as shown:
                file(self.desk.ledger.reopened(), [change], text)
                self._again(review_deeds.fetched(self.desk.ledger.reopened(), shown))
        except CrmctlError as error:
            self._trouble(error, [change])
            return
        say(_(done))
        if key == "c":
            self.skipped.add(change.stack.tip)

    def _trouble(self, error: CrmctlError, changes: list[Handed]) -> None:
        """Say what went wrong and go on with the others."""
        say(_("Error: {what}", what=error.what))
        if error.hint:
            say(_("Next: {hint}", hint=error.hint))
        self.skipped |= {change.stack.tip for change in changes}
        self._again()
