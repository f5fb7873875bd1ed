"""What to make of the number and the size of the pictures of a set."""

FEW, SOME = 1_000, 5_000  # pictures


def advise(count: int, batch_size: int, shorter_side: float | None = None) -> str:
    """Return a sentence or two on a set of `count` pictures.

    Args:
        shorter_side: of the picture in the middle, in pixels, where it is known.
    """
    if count < batch_size:
        start = f"Fewer pictures than a batch: more are needed, or --batch_size {max(count, 1)}."
    elif count < FEW:
        start = (
            "A small set, which the discriminator soon knows by heart: add pictures if you can, "
            "train with --mirror, which doubles them, and watch the snapshots for copies."
        )
    elif count < SOME:
        start = "Enough to train on; --mirror, which doubles them, makes for more varied cats."
    else:
        start = "Enough to train on."
    if shorter_side is not None and shorter_side < 128:
        size = 64 if shorter_side >= 64 else 32
        start += f" Most are smaller than 128 pixels: --image_size {size} suits them better."
    return start
