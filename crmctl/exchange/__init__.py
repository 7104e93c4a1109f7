"""Sheets in and out: import, export, matching."""
