"""What a member can open, as SQL tables in memory."""
