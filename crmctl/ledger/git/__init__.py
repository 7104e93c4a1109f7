"""Git: objects, trees, one transaction for each write, the server; nothing here knows what a record is."""
