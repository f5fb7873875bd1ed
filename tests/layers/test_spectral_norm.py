import numpy as np
import pytest
import tensorflow as tf

from catdcgan.graph.training import build_training_graph
from catdcgan.layers import ops
from catdcgan.layers.spectral_norm import get_normalised
from catdcgan.settings.resolving import make_config

v1 = tf.compat.v1


def largest_singular_value(kernel):
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


@pytest.fixture
def layer():
    """Return a session, the normalised kernel, the plain one, and what moves its `u`."""
    with tf.Graph().as_default(), v1.Session() as session:
        with v1.variable_scope("net", custom_getter=get_normalised):
            outputs = ops.conv2d(tf.ones([1, 8, 8, 3]), 5, 3, 1, "conv", use_bias=False)
        kernel, _ = v1.global_variables()
        (normalised,) = [
            tensor
            for tensor in outputs.graph.get_operations()
            if tensor.type == "RealDiv"
            and tensor.name.startswith("net/conv/spectral_norm")
            and tensor.outputs[0].shape == kernel.shape
        ]
        update = tf.group(*v1.get_collection(v1.GraphKeys.UPDATE_OPS))
        session.run(v1.global_variables_initializer())
        yield session, normalised.outputs[0], kernel, update


def test_after_some_steps_the_largest_singular_value_of_a_kernel_is_one(layer):
    session, normalised, _, update = layer
    for _ in range(50):
        session.run(update)
    assert largest_singular_value(session.run(normalised)) == pytest.approx(1, rel=1e-3)


def test_a_normalised_kernel_is_the_kernel_but_for_its_size(layer):
    session, normalised, kernel, _ = layer
    quotient = session.run(normalised) / session.run(kernel)
    np.testing.assert_allclose(quotient, quotient.flat[0] + np.zeros_like(quotient), rtol=1e-4)


def test_the_gradient_takes_the_division_into_account(layer):
    """A kernel's size changes nothing any more: the gradient has no part along the kernel."""
    session, normalised, kernel, update = layer
    for _ in range(50):
        session.run(update)
    (gradient,) = tf.gradients(tf.reduce_sum(tf.square(normalised + 1)), [kernel])
    gradient, value = session.run([gradient, kernel])
    along = np.sum(gradient * value) / np.linalg.norm(value) / np.linalg.norm(gradient)
    assert abs(along) < 1e-3


def test_a_step_moves_u_once_and_in_the_same_way_each_time():
    config = make_config({"image_size": 32, "base_filters": 2, "z_dim": 8, "d_norm": "spectral"})
    graph = build_training_graph(config, tf.float32)
    random = np.random.default_rng(0)
    feed = {
        graph.inputs.real_images: random.uniform(-1, 1, (4, 32, 32, 3)),
        graph.inputs.z: random.uniform(-1, 1, (4, 8)),
        graph.inputs.lr_d: 1e-3,
        graph.inputs.lr_g: 1e-3,
        graph.inputs.step: 0,
    }
    variables = {v.op.name: v for v in graph.variables}
    assert not any("batch_norm" in name for name in variables if name.startswith("discriminator"))

    def train():
        with v1.Session(graph=graph.graph) as session:
            session.run(graph.initialize)
            before = session.run(variables)
            session.run(graph.train_g, feed)
            return before, session.run(variables)

    before, after = train()
    kernel, u = (before[f"discriminator/conv2/{name}"] for name in ("kernel", "u"))
    matrix = kernel.reshape(-1, kernel.shape[-1])
    moved = u @ matrix.T @ matrix  # one round of power iteration with the weights before the step
    expected = moved / np.linalg.norm(moved)
    np.testing.assert_allclose(after["discriminator/conv2/u"], expected, atol=1e-5)
    _, again = train()
    assert all(np.array_equal(after[name], again[name]) for name in after)
