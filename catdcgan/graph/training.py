"""The graph, built once: placeholders -> networks -> losses -> train ops, as named handles."""

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.graph.inputs import Inputs, make_inputs
from catdcgan.graph.networks import make_generator
from catdcgan.graph.placement import SINGLE, Place, Placement
from catdcgan.graph.spreading import spread
from catdcgan.graph.step import build_step
from catdcgan.graph.weight_averages import AveragedGenerator, average_generator
from catdcgan.layers.replicas import ALONE, within
from catdcgan.settings.config import Config


class TrainingGraph(NamedTuple):
    """Handles of the graph that trains.

    Variables are those of the first replica; the others have copies, which no checkpoint holds.

    | symbol | shape | description |
    |---|---|---|
    | inputs      |              | what a step of the first replica is fed with |
    | replicas    |              | inputs of each replica, and which rows of a batch they take |
    | numbers     | []           | what is measured each step, by name (`metrics.catalogue`) |
    | real_scores, fake_scores | [N, 1] | what D makes of reals and fakes, before its update |
    | train_d     |              | op: updates D |
    | train_g     |              | op: updates D, then G, then the averages of G's weights |
    | finite      | [variables]  | after train_g: whether all of each variable is a number |
    | wish        | []           | above 0 where any worker wishes to stop; None with one |
    | samples     | [N, S, S, C] | pictures of z by averaged weights, if there are, in [-1, 1] |
    | averaged    |              | what belongs to them, None without |
    | initialize  |              | op: initial weights |
    | spread      |              | op: worker 0's variables to all replicas of all workers |
    """

    graph: tf.Graph
    inputs: Inputs
    replicas: list[tuple[Inputs, range]]
    numbers: dict[str, tf.Tensor]
    real_scores: tf.Tensor
    fake_scores: tf.Tensor
    train_d: tf.Operation
    train_g: tf.Operation
    finite: tf.Tensor
    wish: tf.Tensor | None
    samples: tf.Tensor
    averaged: AveragedGenerator | None
    initialize: tf.Operation
    spread: tf.Operation
    g_variables: list[tf.Variable]
    d_variables: list[tf.Variable]
    variables: list[tf.Variable]


def build_training_graph(
    config: Config, dtype: tf.DType, placement: Placement = SINGLE
) -> TrainingGraph:
    """Build the graph of a run; nothing may be added to it afterwards.

    Args:
        dtype: the type that convolutions and products compute in.
        placement: of the replicas that this process computes.
    """
    first, *others = placement.places
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(config.seed)
        with _at(first):
            inputs = make_inputs(config, first.send_ahead_to)
            step = build_step(config, dtype, inputs)
        built, copies = [(inputs, step)], []
        for number, place in enumerate(others, 1):
            with v1.variable_scope(f"replica{number}"), _at(place):
                known = len(v1.global_variables())
                more_inputs = make_inputs(config, place.send_ahead_to)
                built.append((more_inputs, build_step(config, dtype, more_inputs)))
                copies.append(v1.global_variables()[known:])
        with _at(first._replace(replica=ALONE)):  # what is sampled from looks at no batch
            averaged = None
            train_g = _together([step.g_update.operation for _, step in built])
            samples = step.samples
            if config.ema_decay:
                averaged = average_generator(
                    make_generator(config, dtype),
                    step.g_update.variables,
                    inputs.z,
                    config.ema_decay,
                    inputs.step,
                    train_g,
                )
                train_g, samples = averaged.update, averaged.samples
            copied = {variable.ref() for more in copies for variable in more}
            variables = [v for v in v1.global_variables() if v.ref() not in copied]
            return TrainingGraph(
                graph=graph,
                inputs=inputs,
                replicas=[
                    (more, place.replica.rows_in(config.batch_size))
                    for (more, _), place in zip(built, placement.places, strict=True)
                ],
                numbers={name: x for name, x in step.numbers.items() if name != "wish"},
                real_scores=step.real_scores,
                fake_scores=step.fake_scores,
                train_d=_together([step.d_update.operation for _, step in built]),
                train_g=train_g,
                finite=_are_finite(variables, after=train_g),
                wish=step.numbers.get("wish"),
                samples=samples,
                averaged=averaged,
                initialize=v1.global_variables_initializer(),
                spread=spread(variables, copies, placement.worker, placement.workers),
                g_variables=step.g_update.variables,
                d_variables=step.d_update.variables,
                variables=variables,
            )


def count_parameters(variables: Sequence[tf.Variable]) -> int:
    """Return how many numbers the variables hold."""
    return sum(math.prod(variable.shape.as_list()) for variable in variables)


@contextlib.contextmanager
def _at(place: Place) -> Iterator[None]:
    somewhere = tf.device(place.device) if place.device else contextlib.nullcontext()
    with within(place.replica), somewhere:
        yield


def _together(operations: Sequence[tf.Operation]) -> tf.Operation:
    return operations[0] if len(operations) == 1 else tf.group(*operations)


def _are_finite(variables: Sequence[tf.Variable], after: tf.Operation) -> tf.Tensor:
    """Return whether each variable is all numbers once `after` has run, bool `[variables]`."""
    with tf.control_dependencies([after]):
        # A sum is finite only where each of its terms is; unlike a look at each of them it needs
        # no memory of its own.
        sums = [tf.reduce_sum(variable.read_value()) for variable in variables]
    return tf.math.is_finite(tf.stack(sums))
