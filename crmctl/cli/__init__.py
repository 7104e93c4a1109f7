"""What a person types: parse, call one function, print. No rule lives here."""
