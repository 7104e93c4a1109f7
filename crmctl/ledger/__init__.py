"""Where records live: YAML, seal, keyring, Git, transaction, snapshot."""
