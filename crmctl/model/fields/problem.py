"""What is wrong with one value, said before anybody knows which field of which record it is in."""

from __future__ import annotations

from crmctl.model.findings import Finding


class FieldProblem(Exception):
    """A value that its field's type refuses.

    `message` and `hint` are English msgids with `{placeholders}`, both filled from `args_`; a
    `[zh, en]` pair among them is picked by language. `args_` never holds what was typed, only
    limits and words of the kind, so that a problem may be logged. `path` is a dotted path inside
    the value (an item of a list, a key of a mapping).
    """

    def __init__(self, code: str, message: str, *, hint: str = "", path: str = "", **args: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.path = path
        self.args_: dict[str, object] = args

    def inside(self, step: str) -> FieldProblem:
        """The same problem seen from the list or mapping that holds the value at `step`."""
        path = f"{step}.{self.path}" if self.path else step
        return FieldProblem(self.code, self.message, hint=self.hint, path=path, **self.args_)

    def finding(self, where: str = "", field: str = "") -> Finding:
        """The problem as a finding in `field` of `where`."""
        path = ".".join(part for part in (field, self.path) if part)
        return Finding(self.code, self.message, "error", where, path, dict(self.args_), self.hint)
