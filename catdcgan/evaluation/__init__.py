"""Checkpoints against real pictures: which reals, what is measured, and how it is shown."""
