"""Set a ledger up: found it, join it, enrol people, take packs and kinds in force."""
