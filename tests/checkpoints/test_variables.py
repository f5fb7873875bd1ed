from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from catdcgan.checkpoints import variables
from catdcgan.checkpoints.manifest import Notes
from catdcgan.console.errors import UserError
from catdcgan.graph.training import build_training_graph
from catdcgan.settings.resolving import make_config

v1 = tf.compat.v1


def build(base_filters=2):
    sizes = {"image_size": 32, "base_filters": base_filters, "z_dim": 4}
    return build_training_graph(make_config(sizes), tf.float32)


@pytest.fixture(scope="module")
def graph():
    return build()


@pytest.fixture
def session(graph):
    with v1.Session(graph=graph.graph) as session:
        session.run(graph.initialize)
        step_once(session, graph)  # so that no slot is 0
        yield session


def step_once(session, graph):
    random = np.random.default_rng(0)
    feed = {
        graph.inputs.real_images: random.uniform(-1, 1, (2, 32, 32, 3)),
        graph.inputs.z: random.uniform(-1, 1, (2, 4)),
        graph.inputs.lr_d: 0.01,
        graph.inputs.lr_g: 0.01,
        graph.inputs.step: 0,
    }
    session.run(graph.train_g, feed)


def values_of(session):
    return session.run({v.op.name: v for v in v1.global_variables()})


def save(session, folder, step):
    values = variables.read_values(session, v1.global_variables())
    return variables.save(values, str(folder), step, Notes())


def assert_equal(first, second, names=None):
    for name in names or first:
        assert np.array_equal(first[name], second[name]), name


def save_foreign(session, folder, keep=lambda name: True):
    """Save a checkpoint as another program would: any name, no JSON, and some of the names."""
    chosen = [v for v in v1.global_variables() if keep(v.op.name)]
    return v1.train.Saver(chosen).save(session, str(folder / "model.ckpt"))


def test_a_restored_checkpoint_has_every_bit_of_the_saved_one(session, graph, tmp_path):
    saved = values_of(session)
    prefix = save(session, tmp_path, 1).prefix
    session.run(graph.initialize)
    variables.restore(session, prefix, variables.by_name(graph.variables))
    assert_equal(values_of(session), saved)


@pytest.mark.parametrize(
    "name", ["r[1]", "r\\1", "r*", "r?", "{r,1}", "r 1%d", "~r", "Katzen-ähnlich"]
)
def test_a_checkpoint_is_restored_whatever_its_folder_is_called(name, session, graph, tmp_path):
    (tmp_path / name).mkdir()
    saved = values_of(session)
    prefix = save(session, tmp_path / name, 1).prefix
    session.run(graph.initialize)
    variables.restore(session, prefix, variables.by_name(graph.variables))
    assert_equal(values_of(session), saved)


def test_a_foreign_checkpoint_is_read_whatever_it_is_called(session, graph, tmp_path):
    v1.train.Saver().save(session, str(tmp_path / "best[1]"), write_meta_graph=False)
    assert variables.is_readable(str(tmp_path / "best[1]"))


def test_a_checkpoint_of_other_widths_is_refused_with_the_difference(session, graph, tmp_path):
    prefix = save(session, tmp_path, 1).prefix
    other = build(base_filters=3)
    with (
        v1.Session(graph=other.graph) as other_session,
        pytest.raises(UserError, match=r"holds other networks \(.* is \[128\], not \[192\]"),
    ):
        variables.restore(other_session, prefix, variables.by_name(other.variables))


def test_a_damaged_checkpoint_is_refused_and_nothing_is_restored(session, graph, tmp_path):
    prefix = save(session, tmp_path, 1).prefix
    data = Path(f"{prefix}.data-00000-of-00001")
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    before = values_of(session)
    with pytest.raises(UserError, match="the checkpoint is damaged"):
        variables.restore(session, prefix, variables.by_name(graph.variables))
    assert_equal(values_of(session), before)


def test_a_save_that_fails_leaves_nothing_and_the_earlier_one_whole(
    session, graph, tmp_path, monkeypatch
):
    save(session, tmp_path, 1)

    def fail(prefix, step, info):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(variables, "write_manifest", fail)
    with pytest.raises(UserError, match=r"cannot be saved \(No space left on device\)"):
        save(session, tmp_path, 2)
    assert not list(tmp_path.glob("model.ckpt-00000002*"))
    variables.restore(
        session, str(tmp_path / "model.ckpt-00000001"), variables.by_name(graph.variables)
    )


def test_a_foreign_checkpoint_gives_everything_it_holds(session, graph, tmp_path):
    saved = values_of(session)
    prefix = save_foreign(session, tmp_path)
    session.run(graph.initialize)
    assert (
        variables.restore_what_is_there(
            session, str(tmp_path / "model.ckpt"), v1.global_variables()
        )
        == []
    )
    assert prefix == str(tmp_path / "model.ckpt")
    assert_equal(values_of(session), saved)


def test_a_foreign_checkpoint_continues_bit_equal(session, graph, tmp_path):
    save_foreign(session, tmp_path)
    step_once(session, graph)
    continued = values_of(session)
    session.run(graph.initialize)
    variables.restore_what_is_there(session, str(tmp_path / "model.ckpt"), v1.global_variables())
    step_once(session, graph)
    assert_equal(values_of(session), continued)


def test_without_all_of_adams_part_all_of_it_is_fresh(session, graph, tmp_path):
    saved = values_of(session)
    save_foreign(session, tmp_path, lambda name: name != "beta2_power_1")
    session.run(graph.initialize)
    fresh = values_of(session)
    kept = variables.restore_what_is_there(
        session, str(tmp_path / "model.ckpt"), v1.global_variables()
    )
    assert "beta2_power_1" in kept
    assert len(kept) == 88  # two slots for each of 42 weights, and four powers
    assert_equal(values_of(session), fresh, kept)
    assert_equal(values_of(session), saved, saved.keys() - set(kept))


def test_a_foreign_checkpoint_without_a_weight_is_refused_by_its_name(session, tmp_path):
    save_foreign(session, tmp_path, lambda name: name != "generator/dense/bias")
    with pytest.raises(UserError, match="generator/dense/bias is missing"):
        variables.restore_what_is_there(
            session, str(tmp_path / "model.ckpt"), v1.global_variables()
        )
