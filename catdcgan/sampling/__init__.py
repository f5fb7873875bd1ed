"""From a checkpoint and seeds to pictures."""
