"""crmctl: a customer ledger that is the policy."""

__version__ = "0.1.0"
