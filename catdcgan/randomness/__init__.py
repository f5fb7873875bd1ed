"""Random numbers as pure functions of seed, purpose and step: there is nothing to save."""
