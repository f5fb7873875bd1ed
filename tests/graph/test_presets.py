"""The graphs of all presets: who is updated by what, on which pictures and latents."""

import dataclasses
import functools

import numpy as np
import pytest
import tensorflow as tf

from catdcgan.graph.training import build_training_graph
from catdcgan.settings.families import FAMILIES, Family
from catdcgan.settings.presets import PRESETS
from catdcgan.settings.resolving import make_config

v1 = tf.compat.v1
NEW = [preset for preset, row in PRESETS.items() if "network" in row]


def choices_of(config):
    return FAMILIES.get(config.network, Family(())).choices


def small(preset, **settings):
    config = make_config({"preset": preset})
    if "base_filters" in choices_of(config):
        settings = {"base_filters": 2, "image_size": 32, **settings}
    return dataclasses.replace(config, **settings)


@functools.cache
def build(preset, **settings):
    config = small(preset, **settings)
    return config, build_training_graph(config, tf.float32)


def feeds(config, graph, step=0, lr=1e-3, reals=4):
    random = np.random.default_rng(step)
    side, channels = config.image_size, config.channels
    return {
        graph.inputs.real_images: random.uniform(-1, 1, (reals, side, side, channels)),
        graph.inputs.z: random.normal(size=(reals, config.z_dim)),
        graph.inputs.g_z: random.normal(size=(reals * config.g_batches, config.z_dim)),
        graph.inputs.lr_d: lr,
        graph.inputs.lr_g: lr,
        graph.inputs.step: step,
    }


def values_of(session, graph):
    return session.run({v.op.name: v for v in graph.variables})


def changes_by(config, graph, operation, **options):
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        before = values_of(session, graph)
        session.run(operation, feeds(config, graph, **options))
        after = values_of(session, graph)
    return {name for name in before if not np.array_equal(before[name], after[name])}


@pytest.mark.parametrize("preset", NEW)
def test_training_the_discriminator_changes_it_and_its_optimizer_alone(preset):
    config, graph = build(preset)
    changed = changes_by(config, graph, graph.train_d)
    assert {name.split("/")[0] for name in changed} == {
        "discriminator",
        "beta1_power",
        "beta2_power",
    }
    assert {v.op.name for v in graph.d_variables} <= changed


@pytest.mark.parametrize("preset", NEW)
def test_a_step_changes_every_variable(preset):
    config, graph = build(preset)
    # Those are measured when they are needed, not step by step.
    measured = {v.op.name for pair in graph.averaged.statistics for v in pair}
    names = {v.op.name for v in graph.variables}
    assert changes_by(config, graph, graph.train_g) == names - measured


@pytest.mark.parametrize("preset", NEW)
def test_a_generator_whose_rate_is_zero_keeps_its_weights(preset):
    config, graph = build(preset)
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        before = session.run(graph.g_variables)
        session.run(graph.train_g, {**feeds(config, graph), graph.inputs.lr_g: 0.0})
        after = session.run(graph.g_variables)
    assert all(map(np.array_equal, before, after))


@pytest.mark.parametrize("preset", NEW)
def test_equal_steps_give_equal_weights(preset):
    config, graph = build(preset)

    def train():
        with v1.Session(graph=graph.graph) as session:
            session.run(graph.initialize)
            for step in range(2):
                session.run(graph.train_g, feeds(config, graph, step))
            values = values_of(session, graph)
        return b"".join(values[name].tobytes() for name in sorted(values))

    assert train() == train()


@pytest.mark.parametrize("preset", NEW)
def test_grey_and_coloured_pictures_and_resizing_train(preset):
    config = small(preset)
    settings = {"channels": 4 - config.channels}
    if "upsampling" in choices_of(config):
        settings["upsampling"] = "resize"
    config, graph = build(preset, **settings)
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        d_loss, g_loss, _ = session.run(
            [graph.numbers["d_loss"], graph.numbers["g_loss"], graph.train_g], feeds(config, graph)
        )
    assert np.isfinite([d_loss, g_loss]).all()


def run(graph, fetches, feed):
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        return session.run(fetches, feed)


def told(graph):
    return [graph.numbers[name] for name in ("d_real", "d_fake", "d_loss")]


def test_a_joint_batch_is_averaged_over_reals_and_fakes_together():
    config, graph = build("mnist-fcgan")
    # With one picture of each, the mean probabilities are those of the pictures.
    feed = feeds(config, graph, reals=1)
    real, fake, loss = run(graph, told(graph), feed)
    on_real = -0.9 * np.log(real) - 0.1 * np.log(1 - real)
    assert loss == pytest.approx((on_real - np.log(1 - fake)) / 2, rel=1e-4)


def test_reals_and_fakes_in_a_joint_batch_are_judged_as_they_are_apart():
    config, joint = build("mnist-fcgan")
    _, apart = build("mnist-fcgan", joint_batch=False)
    in_joint = run(joint, told(joint), feeds(config, joint))
    in_apart = run(apart, told(apart), feeds(config, apart))
    np.testing.assert_allclose(in_joint[:2], in_apart[:2], rtol=1e-5)
    assert in_apart[2] == pytest.approx(2 * in_joint[2], rel=1e-5)


def test_the_generator_learns_on_fresh_latents_where_the_preset_says_so():
    for preset, fresh in (("mnist-fcgan", False), ("mnist-bn", True), ("cifar10-dcgan", True)):
        config, graph = build(preset)
        assert (graph.inputs.g_z is not graph.inputs.z) == config.fresh_noise == fresh, preset


def test_fresh_latents_move_the_generator_and_the_others_do_not():
    config, graph = build("mnist-bn")
    feed = feeds(config, graph)
    other = {**feed, graph.inputs.z: feed[graph.inputs.z] + 1, graph.inputs.lr_d: 0.0}
    weight = graph.g_variables[0]

    def moved_by(feed):
        with v1.Session(graph=graph.graph) as session:
            session.run(graph.initialize)
            session.run(graph.train_g, feed)
            return session.run(weight)

    with_others = moved_by(other)
    assert np.array_equal(with_others, moved_by({**feed, graph.inputs.lr_d: 0.0}))
    assert not np.array_equal(
        with_others, moved_by({**other, graph.inputs.g_z: feed[graph.inputs.g_z] + 1})
    )


def test_the_averages_of_a_generator_with_fresh_latents_move_once_a_step_on_those():
    config, graph = build("mnist-bn")
    feed = feeds(config, graph)
    mean = graph.graph.get_tensor_by_name("generator_1/batch_norm1/FusedBatchNormV3:1")
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        batch_mean, _ = session.run([mean, graph.train_g], feed)
        moved = values_of(session, graph)["generator/batch_norm1/moving_mean"]
    np.testing.assert_allclose(moved, 0.2 * batch_mean, rtol=1e-4, atol=1e-8)


def test_dropout_differs_between_steps_and_between_reals_and_fakes():
    config, graph = build("mnist-tf1")
    feed = feeds(config, graph)
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        first, again = (session.run(graph.numbers["d_real"], feed) for _ in range(2))
        later = session.run(graph.numbers["d_real"], {**feed, graph.inputs.step: 1})
        assert first == again
        assert first != later
        # The same pictures as reals and as fakes.
        pictures = session.run(graph.graph.get_tensor_by_name("generator/Reshape:0"), feed)
        feed = {**feed, graph.inputs.real_images: pictures}
        d_real, d_fake = session.run([graph.numbers["d_real"], graph.numbers["d_fake"]], feed)
        assert d_real != d_fake
