import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from catdcgan.settings.resolving import make_config
from catdcgan.settings.schedule import make_schedule
from catdcgan.training.feeds import TrainingFeeds

HANDLES = ("real_images", "z", "g_z", "lr_d", "lr_g", "step")
IMAGES = np.random.default_rng(5).integers(0, 256, (100, 28, 28, 1), np.uint8)


def make_feeds(send_ahead=None, **settings):
    """Return feeds by the names of a graph's handles."""
    config = dataclasses.replace(make_config({"preset": "mnist-bn"}), **settings)
    inputs = SimpleNamespace(send_ahead=send_ahead, **{name: name for name in HANDLES})
    return TrainingFeeds(
        config, [(inputs, range(config.batch_size))], IMAGES, make_schedule(config, len(IMAGES))
    )


def test_a_feed_depends_on_nothing_but_the_step():
    forwards, backwards = make_feeds(), make_feeds()
    fed = [forwards.make(step) for step in (0, 1)]
    again = [backwards.make(step) for step in (1, 0)][::-1]
    for name in HANDLES:
        assert np.array_equal(fed[0][name], again[0][name])
        assert np.array_equal(fed[1][name], again[1][name])
    assert not np.array_equal(fed[0]["z"], fed[1]["z"])


@pytest.mark.parametrize("pixel_range", [1.0, 0.5])
def test_pixels_lie_in_the_range_that_the_graph_expects(pixel_range):
    pixels = make_feeds(pixel_range=pixel_range).make(0)["real_images"]
    assert pixels.shape == (32, 28, 28, 1)
    assert pixels.min() == pytest.approx(-pixel_range, abs=0.01)
    assert pixels.max() == pytest.approx(pixel_range, abs=0.01)


def test_the_batch_of_the_generator_is_twice_that_of_the_reals_where_the_article_says_so():
    feed = make_feeds().make(0)
    assert feed["z"].shape == (32, 100)
    assert feed["g_z"].shape == (64, 100)
    assert not np.array_equal(feed["z"], feed["g_z"][:32])


def test_the_generator_learns_on_the_latents_of_the_discriminator_where_they_are_not_fresh():
    assert "g_z" not in make_feeds(fresh_noise=False, g_batches=1).make(0)


def test_rates_decay_with_the_steps_done():
    feeds = make_feeds(lr_decay=0.5, lr_d=0.1, lr_g=0.2)
    first, fourth = feeds.make(0), feeds.make(3)
    assert (first["lr_d"], first["lr_g"]) == (0.1, 0.2)
    assert fourth["lr_d"] == pytest.approx(0.1 / 2.5)
    assert fourth["lr_g"] == pytest.approx(0.2 / 2.5)


def test_what_can_go_ahead_is_sent_and_the_rest_is_fed():
    sent = []
    session = SimpleNamespace(run=lambda operation, feed: sent.append((operation, feed)))
    fed = make_feeds(send_ahead="send").send_ahead(session, 7)
    ((operation, ahead),) = sent
    assert operation == "send"
    assert ahead.keys() == {"real_images", "z", "g_z"}
    assert fed.keys() == {"lr_d", "lr_g", "step"}
    assert fed["step"] == 7
