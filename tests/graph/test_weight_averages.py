import numpy as np
import pytest
import tensorflow as tf

from catdcgan.checkpoints.manifest import Notes
from catdcgan.checkpoints.names import average_name, has_averages
from catdcgan.checkpoints.variables import fill_averages, read_values, restore, save
from catdcgan.graph.sampling import build_sampling_graph
from catdcgan.graph.training import build_training_graph
from catdcgan.graph.weight_averages import measure_statistics
from catdcgan.settings.resolving import make_config

v1 = tf.compat.v1
SMALL = {"image_size": 32, "base_filters": 2, "z_dim": 8, "ema_decay": 0.9}
LATENTS = np.random.default_rng(5).uniform(-1, 1, (3, 8, 8)).astype(np.float32)


def build(**settings):
    return build_training_graph(make_config({**SMALL, **settings}), tf.float32)


@pytest.fixture(scope="module")
def graph():
    return build()


@pytest.fixture
def session(graph):
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        yield session


def run_step(session, graph, step):
    random = np.random.default_rng(step)
    feed = {
        graph.inputs.real_images: random.uniform(-1, 1, (4, 32, 32, 3)),
        graph.inputs.z: random.uniform(-1, 1, (4, 8)),
        graph.inputs.lr_d: 1e-2,
        graph.inputs.lr_g: 1e-2,
        graph.inputs.step: step,
    }
    session.run(graph.train_g, feed)


def values_of(session, graph):
    return session.run({variable.op.name: variable for variable in graph.variables})


def render(session, graph):
    return session.run(graph.samples, {graph.inputs.z: LATENTS[0]})


def test_averages_only_add_names(graph):
    names = {v.op.name for v in graph.variables}
    plain = {v.op.name for v in build(ema_decay=0.0).variables}
    assert plain < names
    assert has_averages(names)
    assert not has_averages(plain)
    generator = {name for name in plain if name.startswith("generator/") and "Adam" not in name}
    assert names - plain == {average_name(name) for name in generator}


def test_averages_begin_at_the_weights(graph, session):
    values = values_of(session, graph)
    for variable in graph.g_variables:
        name = variable.op.name
        assert np.array_equal(values[name], values[average_name(name)])


def test_an_average_moves_by_hand(graph, session):
    name = graph.g_variables[0].op.name
    before = values_of(session, graph)
    # (1 + n) / (10 + n) for a quarter n of the steps, then the decay.
    for step, kept in ((0, 0.1), (4, 2 / 11), (1000, 0.9)):
        run_step(session, graph, step)
        after = values_of(session, graph)
        expected = kept * before[average_name(name)] + (1 - kept) * after[name]
        np.testing.assert_allclose(after[average_name(name)], expected, rtol=1e-4, atol=1e-7)
        before = after


def test_averages_change_nothing_of_the_training(graph, session):
    plain = build(ema_decay=0.0)
    with v1.Session(graph=plain.graph) as other:
        other.run(plain.initialize)
        for step in range(2):
            run_step(session, graph, step)
            run_step(other, plain, step)
        values, plain_values = values_of(session, graph), values_of(other, plain)
    assert all(np.array_equal(values[name], plain_values[name]) for name in plain_values)


def test_the_statistics_are_those_of_the_averaged_networks_maps(graph, session):
    """Compare with the moments of all latents' maps, worked out from the first batch norm's."""
    run_step(session, graph, 1000)  # averages and weights differ
    measure_statistics(session, graph.averaged, graph.inputs.z, LATENTS[:1])
    # One batch: normalised by its own statistics or by what was kept of them, pictures are equal.
    mean, variance = graph.averaged.moments[0]
    kept_mean, kept_variance = graph.averaged.statistics[0]
    found = session.run([mean, variance, kept_mean, kept_variance], {graph.inputs.z: LATENTS[0]})
    np.testing.assert_allclose(found[2], found[0], rtol=1e-5)
    np.testing.assert_allclose(found[3], found[1], rtol=1e-5)


def test_the_statistics_of_several_batches_are_of_all_of_them_together(graph, session):
    measure_statistics(session, graph.averaged, graph.inputs.z, LATENTS)
    (mean, variance), kept = graph.averaged.moments[0], graph.averaged.statistics[0]
    # The maps before the first batch norm are not normalised: pooling them is exact.
    found = [session.run((mean, variance), {graph.inputs.z: batch}) for batch in LATENTS]
    pooled_mean, pooled_variance = session.run(
        (mean, variance), {graph.inputs.z: np.concatenate(LATENTS)}
    )
    assert np.ptp([each_mean for each_mean, _ in found], axis=0).max() > 0
    np.testing.assert_allclose(session.run(kept[0]), pooled_mean, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(session.run(kept[1]), pooled_variance, rtol=0.02)


def test_measuring_again_gives_the_same_bits(graph, session):
    run_step(session, graph, 3)
    measure_statistics(session, graph.averaged, graph.inputs.z, LATENTS)
    first = render(session, graph)
    measure_statistics(session, graph.averaged, graph.inputs.z, LATENTS[:1])
    assert not np.array_equal(render(session, graph), first)
    measure_statistics(session, graph.averaged, graph.inputs.z, LATENTS)
    assert np.array_equal(render(session, graph), first)


def test_the_sampling_graph_renders_either_from_a_checkpoint(graph, session, tmp_path):
    run_step(session, graph, 1000)
    measure_statistics(session, graph.averaged, graph.inputs.z, LATENTS)
    values = read_values(session, graph.variables)
    prefix = save(values, str(tmp_path), 1, Notes()).prefix
    pictures = {}
    for averaged in (True, False):
        sampling = build_sampling_graph(make_config(SMALL), tf.float32, averaged=averaged)
        with v1.Session(graph=sampling.graph) as other:
            restore(other, prefix, sampling.variables)
            pictures[averaged] = other.run(sampling.samples, {sampling.z: LATENTS[0]})
    np.testing.assert_allclose(pictures[True], render(session, graph), atol=1e-5)
    assert np.abs(pictures[True] - pictures[False]).max() > 1e-3


def test_averages_that_a_file_lacks_begin_at_the_weights_they_are_of(graph, session):
    run_step(session, graph, 1000)
    variables = {variable.op.name: variable for variable in graph.variables}
    missing = [name for name in variables if has_averages([name])]
    fill_averages(session, variables, missing)
    values = values_of(session, graph)
    for name in missing:
        assert np.array_equal(values[name], values[name.rpartition("/")[0]])
