"""The pictures of a checkpoint, by their seeds."""

import dataclasses
from collections.abc import Generator, Sequence

import numpy as np

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.machine.arithmetic import choose_threads, wants_onednn
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.sampling.sources import Source
from catdcgan.settings.config import Config
from catdcgan.settings.resolving import make_config

WEIGHTS = AVERAGE, LAST = ("average", "last")
WEIGHTS_HELP = "average, the generator's moving average, or last (else average, where there is one)"


def generate(
    source: Source,
    seeds: Sequence[int],
    *,
    precision: str | None = None,
    weights: str | None = None,
) -> Generator[np.ndarray, None, None]:
    """Yield the pictures of the seeds one by one, uint8 `[S, S, C]`; close it, it holds a session.

    They are computed as the run of the source computes, so that they are those of its snapshots.

    Args:
        precision: as in training (else the run's own).
        weights: AVERAGE or LAST (else the moving average, where the checkpoint has one).

    Raises:
        UserError: the checkpoint is damaged, of other networks, or has no averages.
    """
    load_tensorflow(source)
    import tensorflow as tf

    from catdcgan.checkpoints import variables
    from catdcgan.graph.sampling import build_sampling_graph
    from catdcgan.machine import devices
    from catdcgan.sampling.rendering import render_chunks

    shapes = variables.read_shapes(source.prefix)
    config = read_settings(source, shapes)
    averaged = choose_weights(source, shapes, weights) == AVERAGE
    dtype = devices.compute_dtype(precision or config.precision)
    graph = build_sampling_graph(config, dtype, averaged=averaged)
    threads = choose_threads(config.threads, source.arithmetic)
    session_config = devices.session_config(threads)
    with tf.compat.v1.Session(graph=graph.graph, config=session_config) as session:
        variables.restore(session, source.prefix, graph.variables)
        graph.graph.finalize()
        for chunk in render_chunks(session, graph.z, graph.samples, seeds, config):
            yield from chunk


def load_tensorflow(source: Source) -> None:
    """Load TensorFlow, to compute as the run of a source does."""
    import_tensorflow(onednn=wants_onednn(source.arithmetic))


def choose_weights(source: Source, shapes: dict[str, list[int]], asked: str | None) -> str:
    """Return which weights of a checkpoint with these shapes are meant, AVERAGE or LAST.

    Raises:
        UserError: AVERAGE was asked for, and there are none.
    """
    from catdcgan.checkpoints.names import has_averages

    averaged = has_averages(shapes)
    if asked == AVERAGE and not averaged:
        raise UserError(
            f"--weights: {AVERAGE}, but {printable(source.prefix)} holds no moving averages; "
            "a checkpoint of a run with --ema_decay is needed."
        )
    return asked or (AVERAGE if averaged else LAST)


def read_settings(source: Source, shapes: dict[str, list[int]]) -> Config:
    """Return the settings of a source with what the shapes of its checkpoint tell.

    Raises:
        UserError: the checkpoint is of other networks.
    """
    from catdcgan.graph.networks import family_of

    family = family_of(source.config)
    try:
        told = family.read_settings(shapes) if hasattr(family, "read_settings") else {}
        return make_config(told, dataclasses.asdict(source.config))
    except KeyError as error:
        raise UserError(
            f"{printable(source.prefix)}: holds no {error.args[0]}; a checkpoint of a "
            "generator of this program, or of the original, is needed."
        ) from error
    except (ValueError, UserError) as error:
        raise UserError(
            f"{printable(source.prefix)}: is of other networks ({error}); a checkpoint of a "
            "generator of this program, or of the original, is needed."
        ) from error
