"""A pile of pictures becomes a clean training set; `catdcgan.prepare` is the command."""
