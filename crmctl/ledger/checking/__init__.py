"""Hold a ledger against itself: check, doctor, and whole copies of it."""
