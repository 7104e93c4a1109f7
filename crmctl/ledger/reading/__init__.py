"""Read an open ledger: find, list, tell the history, compute facts, what is due, who may read."""
