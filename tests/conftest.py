"""What many tests need: a set of drawn cats, tiny networks, and the commands run in a folder."""

import os
import signal
import struct

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # the tests are the same on every machine
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as the program has it on any processor

import numpy as np
import pytest
import tensorflow.compat.v1 as v1
from PIL import Image

from catdcgan import sample, train
from catdcgan.datasets.drawn_cats import draw_cat
from catdcgan.graph import training
from catdcgan.settings.config import Config
from catdcgan.settings.setting import settings_of

TINY_FLAGS = (
    "--image_size=32",
    "--base_filters=2",
    "--batch_size=4",
    "--z_dim=8",
    "--snapshot_every=3",
    "--snapshot_grid=2x3",
    "--precision=float32",
    "--noreport",  # whose packages take longer to load than most of these runs
)


def pytest_addoption(parser):
    parser.addoption(
        "--faults", type=int, default=1, help="kills, signals and damages, of each (default: 1)"
    )
    parser.addoption(
        "--no-quiet-skips",
        action="store_true",
        help="fail where a test was skipped for want of something that can be installed",
    )
    parser.addoption("--faults-seed", type=int, default=0, help="of their moments (default: 0)")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes long; left out unless --faults is above 1")


def pytest_collection_modifyitems(config, items):
    """Leave out what takes long."""
    if config.getoption("--faults") == 1:
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


AS_ROOT = "root may write"  # the one reason to skip that nothing can be installed against


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """With --no-quiet-skips, fail where a skip could have been avoided."""
    if not session.config.getoption("--no-quiet-skips") or hasattr(session.config, "workerinput"):
        return
    shown = session.config.pluginmanager.get_plugin("terminalreporter")
    skips = {str(report.longrepr) for report in shown.stats.get("skipped", [])}
    avoidable = sorted(skip for skip in skips if AS_ROOT not in skip)
    if avoidable:
        shown.write_line("skips that could have been avoided: " + "; ".join(avoidable), red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True, scope="session")
def sessions_begin_quickly():
    """Leave out TensorFlow's rewriting of graphs, which takes longer than most of these runs.

    Runs in processes of their own (the faults, the signals) have it, as every user has.
    """
    begin = v1.Session.__init__

    def begin_quickly(self, target="", graph=None, config=None):
        quick = v1.ConfigProto()
        quick.CopyFrom(config or quick)
        quick.graph_options.rewrite_options.disable_meta_optimizer = True
        begin(self, target, graph, quick)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(v1.Session, "__init__", begin_quickly)
        yield


@pytest.fixture(autouse=True, scope="session")
def signals_are_heard():
    """Undo what `nohup` and `&` do: their children, and so ours, would ignore these signals."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def cat_folder(tmp_path_factory):
    """Return a folder with 14 drawn cats of 32 pixels as PNG files."""
    folder = tmp_path_factory.mktemp("cats")
    for index in range(14):
        Image.fromarray(draw_cat(index, 32)).save(folder / f"cat{index:02}.png")
    return folder


@pytest.fixture(scope="session")
def digit_folder(tmp_path_factory):
    """Return a folder with 14 pictures of noise as a file of MNIST."""
    folder = tmp_path_factory.mktemp("digits")
    pixels = np.random.default_rng(0).integers(0, 256, (14, 28, 28), np.uint8)
    header = struct.pack(">4I", 2051, *pixels.shape)
    (folder / "train-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
    return folder


# Of the settings that a run keeps to its end, those that decide which pictures it sees: the graph
# depends on the others alone.
OF_THE_PICTURES = {"preset", "data_set", "classes", "hold_back", "batch_size", "shuffle", "mirror"}
OF_THE_GRAPH = [
    name
    for name, known in settings_of(Config).items()
    if known.fixed and name not in OF_THE_PICTURES
]


@pytest.fixture(autouse=True, scope="session")
def graphs_are_built_once():
    """Let runs of one process share equal graphs: building one is most of a tiny run's time."""
    graphs = {}
    build = training.build_training_graph

    def build_once(config, dtype, *_):
        key = (dtype, *(getattr(config, name) for name in OF_THE_GRAPH))
        if key not in graphs:
            graphs[key] = build(config, dtype)
        return graphs[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "build_training_graph", build_once)
        yield


@pytest.fixture
def run_train(tmp_path, monkeypatch, cat_folder):
    """Return a function that trains tiny networks in this process and returns the exit code."""
    monkeypatch.chdir(tmp_path)

    def run(*flags, data_dir=cat_folder, run_dir="run"):
        where = [f"--data_dir={data_dir}", f"--run_dir={run_dir}"]
        return train.main([*where, *TINY_FLAGS, *flags])

    return run


@pytest.fixture(scope="session")
def run_of_3_steps(tmp_path_factory, cat_folder):
    """Return the folder of a finished run, for tests that make a copy of it and read that."""
    run_dir = tmp_path_factory.mktemp("finished") / "run"
    where = [f"--data_dir={cat_folder}", f"--run_dir={run_dir}"]
    assert train.main([*where, *TINY_FLAGS, "--max_steps=3", "--quiet"]) == 0
    return run_dir


@pytest.fixture
def run_sample(tmp_path, monkeypatch):
    """Return a function that samples in this process and returns the exit code."""
    monkeypatch.chdir(tmp_path)
    return lambda *flags: sample.main(list(flags))
