import numpy as np
import pytest
import tensorflow as tf

from catdcgan.graph.placement import Place, Placement
from catdcgan.graph.training import build_training_graph
from catdcgan.settings.resolving import make_config

v1 = tf.compat.v1
STEPS = 3


@pytest.fixture(scope="module", params=[False, True], ids=["shared latents", "fresh latents"])
def config(request):
    sizes = {"image_size": 32, "base_filters": 2, "z_dim": 4, "fresh_noise": request.param}
    return make_config(sizes)


def batch(graph, step):
    random = np.random.default_rng(step)
    made = {graph.inputs.real_images: random.uniform(-1, 1, (4, 32, 32, 3))}
    return {
        **made,
        graph.inputs.z: random.normal(size=(4, 4)),
        graph.inputs.g_z: random.normal(size=(4, 4)),
    }


def others(graph, step):
    return {graph.inputs.lr_d: 1e-3, graph.inputs.lr_g: 1e-3, graph.inputs.step: step}


def trained(graph, train):
    """Return the variables after some steps, done by `train(session)`."""
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        train(session)
        return session.run({v.op.name: v for v in graph.variables})


def test_inputs_that_are_sent_ahead_train_as_inputs_that_are_fed(config):
    plain = build_training_graph(config, tf.float32)
    ahead = build_training_graph(config, tf.float32, Placement((Place(send_ahead_to="/CPU:0"),)))

    def train_plain(session):
        for step in range(STEPS):
            session.run(plain.train_g, {**batch(plain, step), **others(plain, step)})

    def train_ahead(session):
        for step in range(STEPS):
            session.run(
                ahead.inputs.send_ahead, batch(ahead, step)
            )  # all of them before the first step
        for step in range(STEPS):
            session.run(ahead.train_g, others(ahead, step))

    expected, found = trained(plain, train_plain), trained(ahead, train_ahead)
    for name in expected:
        assert np.array_equal(expected[name], found[name]), name


def test_without_a_device_nothing_is_sent_ahead(config):
    graph = build_training_graph(config, tf.float32)
    assert graph.inputs.send_ahead is None
    assert "Stage" not in {op.type for op in graph.graph.get_operations()}
