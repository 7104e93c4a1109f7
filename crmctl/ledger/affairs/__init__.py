"""What a department does with its customers: dealing, granting, requests, blacklist, the day, audits."""
