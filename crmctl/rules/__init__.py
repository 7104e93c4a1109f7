"""What follows from records and policy: due items, duplicates. Pure: rows in, rows out."""
