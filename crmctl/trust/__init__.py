"""Who may change what: signatures and authority."""
