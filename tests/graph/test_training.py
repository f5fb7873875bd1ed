import csv
import functools
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from catdcgan.checkpoints.manifest import Notes
from catdcgan.checkpoints.variables import by_name, read_values, restore, save
from catdcgan.graph.losses import LOSSES
from catdcgan.graph.networks import make_networks
from catdcgan.graph.sampling import build_sampling_graph
from catdcgan.graph.training import build_training_graph, count_parameters
from catdcgan.settings.resolving import make_config

v1 = tf.compat.v1
SMALL = {"image_size": 32, "base_filters": 2, "z_dim": 8}


@pytest.fixture(scope="module")
def small():
    return build_training_graph(make_config(SMALL), tf.float32)


@pytest.fixture(scope="module")
def full():
    return build_training_graph(make_config({"ema_decay": 0.0}), tf.float32)


def feeds(graph, index=0, lr=1e-3):
    random = np.random.default_rng(index)
    return {
        graph.inputs.real_images: random.uniform(-1, 1, (4, 32, 32, 3)),
        graph.inputs.z: random.uniform(-1, 1, (4, 8)),
        graph.inputs.lr_d: lr,
        graph.inputs.lr_g: lr,
        graph.inputs.step: index,
    }


def values_of(session, graph):
    with graph.graph.as_default():
        return session.run({v.op.name: v for v in v1.global_variables()})


def changes_by(graph, operation, **options):
    """Return the names of the variables that one run of an operation changes."""
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        before = values_of(session, graph)
        session.run(operation, feeds(graph, **options))
        after = values_of(session, graph)
    return {name for name in before if not np.array_equal(before[name], after[name])}


def test_a_checkpoint_holds_exactly_the_names_and_shapes_of_the_original(full):
    path = Path(__file__).with_name("original_variables.tsv")
    with path.open(newline="") as file:
        original = dict(csv.reader(file, delimiter="\t"))
    with full.graph.as_default():
        ours = {v.op.name: str(v.shape.as_list()) for v in v1.global_variables()}
    assert len(original) == 148
    assert ours == original


def test_the_networks_have_the_parameters_of_the_original(full):
    assert count_parameters(full.g_variables) == 24_034_819
    assert count_parameters(full.d_variables) == 17_484_289


def test_pictures_and_latents_enter_by_placeholders_and_so_do_rates_and_the_step(full):
    names = ("real_images", "z", "lr_d", "lr_g", "step")
    kinds = {name: getattr(full.inputs, name).op.type for name in names}
    assert set(kinds.values()) == {"Placeholder"}
    assert full.inputs.real_images.shape.as_list() == [None, 128, 128, 3]
    assert full.inputs.z.shape.as_list() == [None, 100]


def test_training_the_discriminator_changes_nothing_of_the_generator(small):
    changed = changes_by(small, small.train_d)
    assert {name.split("/")[0] for name in changed} == {
        "discriminator",
        "beta1_power",  # the first optimizer's, so the discriminator's
        "beta2_power",
    }


def test_the_generators_update_alone_is_fed_by_its_own_rate(small):
    with v1.Session(graph=small.graph) as session:
        session.run(small.initialize)
        before = values_of(session, small)
        session.run(small.train_g, {**feeds(small), small.inputs.lr_g: 0.0})
        after = values_of(session, small)
    weights = [v.op.name for v in small.g_variables]
    assert all(np.array_equal(before[name], after[name]) for name in weights)
    assert not np.array_equal(
        before["discriminator/dense/kernel"], after["discriminator/dense/kernel"]
    )


def test_one_run_gives_the_weights_of_two_runs_one_for_each_network(small):
    """Compare with the original's loop: D in one run, then G in another, on the same z."""
    with v1.Session(graph=small.graph) as session:
        session.run(small.initialize)
        session.run(small.train_g, feeds(small))
        together = values_of(session, small)
    with tf.Graph().as_default():
        v1.set_random_seed(0)
        real, z = v1.placeholder(tf.float32, [None, 32, 32, 3]), v1.placeholder(tf.float32, [4, 8])
        generator, discriminator = make_networks(make_config(SMALL), tf.float32)
        fake = generator(z, is_training=True)
        fake_logits = discriminator(fake)
        d_variables = v1.trainable_variables("discriminator/")
        g_variables = v1.trainable_variables("generator/")
        loss = LOSSES["non_saturating"]
        train_d = v1.train.AdamOptimizer(1e-3, 0.5).minimize(
            loss.d_loss(discriminator(real), fake_logits, 0.1), var_list=d_variables
        )
        train_g = v1.train.AdamOptimizer(1e-3, 0.5).minimize(
            loss.g_loss(None, fake_logits), var_list=g_variables
        )
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            given = feeds(small)
            feed = {real: given[small.inputs.real_images], z: given[small.inputs.z]}
            session.run(train_d, feed)
            session.run(train_g, feed)
            apart = session.run({v.op.name: v for v in d_variables + g_variables})
    for name, value in apart.items():
        # Adam's first step is the sign of a gradient, so one near 0 can turn by rounding.
        close = np.isclose(together[name], value, rtol=1e-3, atol=2e-5)
        assert close.mean() > 0.99, name


def test_the_discriminators_averages_move_on_the_reals_and_then_on_the_fakes(small):
    """Work the second move out by hand: it starts from where the first one ended."""
    with v1.Session(graph=small.graph) as session:
        session.run(small.initialize)
        batch_means = [
            small.graph.get_tensor_by_name(f"{scope}/batch_norm1/FusedBatchNormV3:1")
            for scope in ("discriminator", "discriminator_1")
        ]
        # Fetched in the same run, so both are of the weights before the update.
        real_mean, fake_mean, _ = session.run([*batch_means, small.train_d], feeds(small))
        moved = values_of(session, small)["discriminator/batch_norm1/moving_mean"]
    expected = 0.99 * (0.01 * real_mean) + 0.01 * fake_mean
    np.testing.assert_allclose(moved, expected, rtol=1e-4, atol=1e-8)


def test_the_generators_averages_move_once_a_step(small):
    with v1.Session(graph=small.graph) as session:
        session.run(small.initialize)
        name = "generator/batch_trans_conv1/FusedBatchNormV3:1"
        batch_mean, _ = session.run(
            [small.graph.get_tensor_by_name(name), small.train_g], feeds(small)
        )
        moved = values_of(session, small)["generator/batch_trans_conv1/moving_mean"]
    np.testing.assert_allclose(moved, 0.01 * batch_mean, rtol=1e-4, atol=1e-9)


def test_equal_seeds_give_equal_weights_after_some_steps_and_other_seeds_others():
    def train(seed):
        graph = build_training_graph(make_config({**SMALL, "seed": seed}), tf.float32)
        with v1.Session(graph=graph.graph) as session:
            session.run(graph.initialize)
            for index in range(3):
                session.run(graph.train_g, feeds(graph, index))
            values = values_of(session, graph)
        return b"".join(values[name].tobytes() for name in sorted(values))

    assert train(1) == train(1)
    assert train(1) != train(2)


def test_a_frozen_graph_still_trains_renders_saves_and_restores(small, tmp_path):
    with v1.Session(graph=small.graph) as session:
        session.run(small.initialize)
        small.graph.finalize()
        session.run(small.train_g, feeds(small))
        session.run(small.samples, {small.inputs.z: np.zeros((2, 8))})
        saved = read_values(session, small.variables)
        prefix = save(saved, str(tmp_path), 1, Notes()).prefix
        session.run(small.train_g, feeds(small))
        restore(session, prefix, by_name(small.variables))
        restored = read_values(session, small.variables)
    assert all(np.array_equal(restored[name], value) for name, value in saved.items())


def test_rendering_does_not_depend_on_the_rest_of_the_batch(small):
    z = np.random.default_rng(0).uniform(-1, 1, (6, 8))
    with v1.Session(graph=small.graph) as session:
        session.run(small.initialize)
        together = session.run(small.samples, {small.inputs.z: z})
        alone = session.run(small.samples, {small.inputs.z: z[4:5]})
    np.testing.assert_allclose(together[4:5], alone, atol=1e-6)


def test_the_sampling_graph_holds_the_generator_and_nothing_else():
    graph = build_sampling_graph(make_config(SMALL), tf.float32)
    with graph.graph.as_default():
        scopes = {v.op.name.split("/")[0] for v in v1.global_variables()}
        names = [v.op.name for v in v1.global_variables()]
    assert scopes == {"generator"}
    assert not any("Adam" in name for name in names)


def test_an_update_outside_both_networks_is_refused(monkeypatch):
    from catdcgan.networks import dcgan

    @functools.wraps(dcgan.generator)  # what it names is what it is handed
    def generator(z, **options):
        v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, tf.no_op("stray"))
        return original(z, **options)

    original = dcgan.generator
    monkeypatch.setattr(dcgan, "generator", generator)
    # Inside the template the op is named after its scope; a name of its own escapes it.
    monkeypatch.setattr(tf, "no_op", lambda name: tf.group(name=f"{name}/"))
    with pytest.raises(ValueError, match="updates under no optimizer"):
        build_training_graph(make_config(SMALL), tf.float32)
