import subprocess
import sys

PROGRAM = """
import sys
from catdcgan.machine.tensorflow_import import import_tensorflow
import_tensorflow()
assert "tensorflow" in sys.modules
assert "matplotlib" not in sys.modules
import matplotlib.figure
"""


def test_tensorflow_is_loaded_without_a_greeting_and_without_matplotlib():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
