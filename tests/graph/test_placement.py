"""Several replicas of the networks do what one does with the whole batch."""

import numpy as np
import pytest
import tensorflow as tf

from catdcgan.graph.placement import SINGLE, place_replicas
from catdcgan.graph.training import build_training_graph
from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.training.feeds import TrainingFeeds

v1 = tf.compat.v1
BATCH = 7  # of which two replicas see 4 and 3 rows
SMALL = {"preset": "cifar10-dcgan", "base_filters": 4, "z_dim": 8, "batch_size": BATCH}
CONFIGURATIONS = {
    "batch norm and R1": {
        **SMALL,
        "r1_gamma": 2.0,
        "ema_decay": 0.0,
        "augment": "color,translation,cutout",
        "minibatch_stddev": True,
    },
    "spectral norm, relativistic": {
        **SMALL,
        "d_norm": "spectral",
        "loss": "relativistic_hinge",
        "ema_decay": 0.0,
    },
    "fresh latents": {"preset": "mnist-bn", "batch_size": BATCH},
    "a joint batch": {"preset": "mnist-fcgan", "batch_size": BATCH},
    "dropout": {"preset": "mnist-tf1", "batch_size": BATCH},
}


def train(settings, count, steps=1, rate=1e-9, **options):
    """Return all variables after some steps, by replica and name, and the last step's numbers."""
    # At the first step Adam moves every weight by its rate, in a direction that may be rounding's
    # where the gradient is nothing; G's update would see that in D.
    config = make_config({**settings, "lr_d": rate, "lr_g": rate})
    shape = (20, config.image_size, config.image_size, config.channels)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    devices = [f"/device:CPU:{number}" for number in range(count)]
    placement = place_replicas(BATCH, devices, **options) if count > 1 else SINGLE
    graph = build_training_graph(config, tf.float32, placement)
    feeds = TrainingFeeds(config, graph.replicas, images, make_schedule(config, len(images)))
    processor = v1.ConfigProto(device_count={"CPU": count}, intra_op_parallelism_threads=1)
    with v1.Session(graph=graph.graph, config=processor) as session:
        session.run(graph.initialize)
        session.run(graph.spread)
        for step in range(steps):
            wishes = {inputs.wish: 0.0 for inputs, _ in graph.replicas if inputs.wish is not None}
            numbers, finite, _ = session.run(
                [graph.numbers, graph.finite, graph.train_g], feeds.make(step) | wishes
            )
            assert finite.all()
        with graph.graph.as_default():
            values = {v.op.name: session.run(v) for v in v1.global_variables()}
    saved = {variable.op.name for variable in graph.variables}
    return values, saved, numbers


def gradients_in(values, network):
    """Return the gradients of the first step by name: Adam's mean holds half of them."""
    ends = "/Adam"
    return {
        name: value
        for name, value in values.items()
        if name.startswith(f"{network}/") and name.endswith(ends)
    }


@pytest.mark.parametrize(
    ("name", "count"), [(name, 3 if name == "fresh latents" else 2) for name in CONFIGURATIONS]
)
def test_replicas_do_the_update_that_one_does(name, count):
    settings = CONFIGURATIONS[name]
    expected, names, numbers = train(settings, 1)
    found, saved, told = train(settings, count)
    assert saved == names
    for network in ("discriminator", "generator"):
        wanted = gradients_in(expected, network)
        largest = max(np.abs(value).max() for value in wanted.values())
        for variable, value in wanted.items():
            # Of the whole: where a unit is at the kink of its activation, rounding decides. A bias
            # in front of a batch norm has no gradient: there is only rounding.
            difference = np.linalg.norm(found[variable] - value)
            assert difference < 1e-3 * max(np.linalg.norm(value), 1e-2 * largest), variable
    for variable in (name for name in names if "moving_" in name or name.endswith("/u")):
        np.testing.assert_allclose(found[variable], expected[variable], rtol=1e-4, atol=1e-5)
    for number, value in numbers.items():
        assert told[number] == pytest.approx(value, rel=1e-3, abs=1e-5), number


@pytest.mark.parametrize("jointly", [True, False])
def test_all_replicas_hold_the_same_weights_after_some_steps(jointly):
    values, _, _ = train(
        CONFIGURATIONS["fresh latents"], 3, steps=4, rate=1e-3, normalises_jointly=jointly
    )
    copies = [name for name in values if name.startswith("replica2/")]
    assert any("kernel" in name for name in copies)
    for name in copies:
        original = name.replace("replica2/", "")
        if original in values:  # beta's powers have other names
            assert np.array_equal(values[name], values[original]), name


def test_by_its_own_rows_a_replica_does_another_update():
    settings = CONFIGURATIONS["fresh latents"]
    expected, _, _ = train(settings, 1)
    found, _, _ = train(settings, 2, normalises_jointly=False)
    kernel = "generator/dense1/kernel/Adam"
    assert not np.allclose(found[kernel], expected[kernel], rtol=1e-2)


def test_one_device_of_one_worker_has_nobody_to_ask():
    (place,) = place_replicas(8, ["/device:CPU:0"]).places
    assert place.replica.is_alone
    assert place.device is None
    assert place.send_ahead_to is None


def test_inputs_are_sent_ahead_to_gpus():
    (place,) = place_replicas(8, ["/device:GPU:0"]).places
    assert place.send_ahead_to == "/device:GPU:0"
    places = place_replicas(8, ["/device:GPU:0", "/device:GPU:1"], 1, 2).places
    assert [place.send_ahead_to for place in places] == [
        f"/job:worker/replica:0/task:1/device:GPU:{number}" for number in range(2)
    ]


def test_the_replicas_of_all_workers_share_the_batch():
    shares = [
        place.replica.rows_in(8)
        for worker in range(2)
        for place in place_replicas(8, ["/device:CPU:0", "/device:CPU:1"], worker, 2).places
    ]
    assert shares == [range(2), range(2, 4), range(4, 6), range(6, 8)]
