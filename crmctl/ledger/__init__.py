"""Where records live: an open ledger and its snapshot; the folders beside are what it rests on and what is done."""
