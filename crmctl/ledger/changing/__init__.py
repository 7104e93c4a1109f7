"""Make a change: a draft of records, dossiers and wraps, held against the policy before anything is written."""
