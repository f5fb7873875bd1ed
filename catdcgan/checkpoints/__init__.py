"""Checkpoints: their files, the variables in them, and the names that files know those by."""
