"""How copies meet through a server: sync, handing in, landing, pending wraps, a keyring that began anew."""
