"""What a reviewer does: see what waits, approve it, send it back. Stands on `ledger` and `trust`."""
