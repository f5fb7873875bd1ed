"""Which checkpoints of a run stay: the newest, the best, and one of every so many hours."""

from collections.abc import Callable

from catdcgan.checkpoints.files import Checkpoint, find_all, find_best, remove


def prune(
    run_dir: str,
    keep: int,
    keep_every_hours: float | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Remove the whole checkpoints of a run that are not to be kept, and nothing else.

    Args:
        keep: how many of the newest stay.
        keep_every_hours: of the older ones, one of each so many hours stays too.
        say: is told what cannot be removed, which is no reason to stop.

    The best one that was measured stays in any case.
    """
    whole = find_all(run_dir)
    kept = {checkpoint.prefix for checkpoint in whole[-keep:]}
    kept |= {checkpoint.prefix for checkpoint in _spaced(whole, keep_every_hours)}
    kept |= {checkpoint.prefix for checkpoint in [find_best(whole)] if checkpoint}
    for checkpoint in whole:
        if checkpoint.prefix not in kept:
            try:
                remove(checkpoint.prefix)
            except OSError as error:
                say(f"{checkpoint.prefix}: cannot be removed ({error.strerror}); it stays")


def _spaced(checkpoints: list[Checkpoint], hours: float | None) -> list[Checkpoint]:
    """Return the checkpoints that are at least so many hours after the one before them."""
    spaced: list[Checkpoint] = []
    if not hours:
        return spaced
    for checkpoint in checkpoints:
        time = checkpoint.manifest.notes.saved
        if not spaced or time - spaced[-1].manifest.notes.saved >= hours * 3600:
            spaced.append(checkpoint)
    return spaced
