"""The types a kind file may name in `is:` (DESIGN 4). Pure: no clock, no file, no network.

`FIELD_TYPES[name].parse(raw, options)` gives the canonical value or raises FieldProblem. What is asked for here is
loaded then: who opens a record needs the problem's name, and none of the types.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmctl.model.fields.absent import is_absent
    from crmctl.model.fields.catalogue import FIELD_TYPES
    from crmctl.model.fields.credit_code import credit_code_check_char
    from crmctl.model.fields.field_type import FieldType, Options, SqlValue
    from crmctl.model.fields.period import period_bounds
    from crmctl.model.fields.problem import FieldProblem
    from crmctl.model.fields.region import region_name

__all__ = [
    "FIELD_TYPES",
    "FieldProblem",
    "FieldType",
    "Options",
    "SqlValue",
    "credit_code_check_char",
    "is_absent",
    "period_bounds",
    "region_name",
]
_LIES_IN = {
    "FIELD_TYPES": "catalogue", "FieldProblem": "problem", "FieldType": "field_type", "Options": "field_type",
    "SqlValue": "field_type", "credit_code_check_char": "credit_code", "is_absent": "absent",
    "period_bounds": "period", "region_name": "region",
}  # fmt: skip


def __getattr__(name: str) -> object:
    """Load what is named. Raises AttributeError for anything else."""
    if name not in _LIES_IN:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found: object = getattr(import_module(f"{__name__}.{_LIES_IN[name]}"), name)
    globals()[name] = found
    return found
