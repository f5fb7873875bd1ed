import os
import subprocess
import sys

import pytest

from catdcgan.machine import tensorflow_import
from catdcgan.machine.tensorflow_import import (
    ONEDNN_SWITCH,
    UnsupportedProcessorError,
    choose_switch,
    onednn_is_on,
)

PROGRAM = """
import sys
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.machine.tensorflow_import import onednn_is_on
import_tensorflow(onednn=False)
assert not onednn_is_on()
assert "tensorflow" in sys.modules
assert "matplotlib" not in sys.modules
import matplotlib.figure
"""


def test_tensorflow_is_loaded_as_asked_without_a_greeting_and_without_matplotlib():
    environment = {name: os.environ[name] for name in os.environ if name != ONEDNN_SWITCH}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("given", "wanted", "switch"),
    [
        ("", True, "1"),
        ("", False, "0"),
        ("0", True, "0"),
        ("1", False, "1"),
        ("True", False, "1"),
        ("off", True, "0"),
        ("maybe", True, "1"),
    ],
)
def test_the_switch_is_the_users_else_the_runs(given, wanted, switch):
    assert choose_switch(given, wanted) == switch


def test_a_processor_without_avx_is_named_before_tensorflow_dies_of_it(monkeypatch):
    monkeypatch.setattr(tensorflow_import, "processor_features", lambda: {"sse2", "sse4_2"})
    monkeypatch.setattr(tensorflow_import, "processor_name", lambda: "Nehalem")
    with pytest.raises(UnsupportedProcessorError, match="Nehalem has no AVX; TensorFlow needs"):
        tensorflow_import.import_tensorflow()


def test_without_tensorflows_word_the_switch_counts(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow.python.util", None)
    monkeypatch.setenv(ONEDNN_SWITCH, "0")
    assert not onednn_is_on()
