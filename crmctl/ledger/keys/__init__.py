"""Keys: age seals, SSH signatures, a member's identity and its agent, the keyring branch and its groups."""
