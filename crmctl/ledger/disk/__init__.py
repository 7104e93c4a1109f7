"""Files as they lie on disk: strict YAML in one canonical form, private files written whole, what is shipped."""
