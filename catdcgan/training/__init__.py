"""The training of a run: restore, step, log, snapshot, save."""
