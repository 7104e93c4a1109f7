"""The demo company: invented people, customers and a year of records, entered through the real ledger."""
