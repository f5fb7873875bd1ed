"""Loading TensorFlow: with oneDNN or without it, and without its greeting.

TensorFlow 2.21 writes some lines about missing CUDA libraries and rounding to standard error
while it loads, before any of its settings for the level of logging counts. To a newcomer they
look like errors. Everything else it has to say still arrives.
"""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from catdcgan.machine.processor import processor_features, processor_name

# The noise, at level I: `I0000 00:00:1795274156.869087 ... message`, and the line that begins it.
_NOISE = re.compile(rb"^(I\d{4} |WARNING: All log messages before absl::InitializeLog|$)")

ONEDNN_SWITCH = "TF_ENABLE_ONEDNN_OPTS"
_OFF, _ON = ("0", "false", "no", "off"), ("1", "true", "yes", "on")


class UnsupportedProcessorError(Exception):
    """TensorFlow cannot be loaded here; the text is one line."""


def import_tensorflow(*, onednn: bool = True) -> None:
    """Load TensorFlow; `import tensorflow` afterwards costs nothing and says nothing.

    Args:
        onednn: have its operations computed by oneDNN, unless the switch in the environment says
            otherwise. Without either, TensorFlow would choose by the processor.

    Raises:
        UnsupportedProcessorError: the processor would end this process without a word.
    """
    features = processor_features()
    if "sse2" in features and "avx" not in features:
        raise UnsupportedProcessorError(
            f"processor: {processor_name()} has no AVX; TensorFlow needs one that has."
        )
    if "tensorflow" not in sys.modules:  # which reads the switch while it loads, and never again
        os.environ[ONEDNN_SWITCH] = choose_switch(os.environ.get(ONEDNN_SWITCH, ""), onednn)
    # 3 hides TensorFlow's later lines below fatal ones; what fails arrives as an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if "tensorflow" not in sys.modules:
        with _without_noise(), _without_matplotlib():
            import tensorflow  # noqa: F401


def choose_switch(given: str, onednn: bool) -> str:
    """Return the switch as TensorFlow understands it: as given, else by what is wanted."""
    given = given.strip().lower()
    return str(int(onednn if given not in _OFF + _ON else given in _ON))


def onednn_is_on() -> bool:
    """Tell whether TensorFlow, which is loaded, has its operations computed by oneDNN."""
    try:
        from tensorflow.python.util import _pywrap_util_port
    except ImportError:  # it is nobody's promise
        return os.environ.get(ONEDNN_SWITCH) == "1"
    return _pywrap_util_port.IsMklEnabled()


@contextlib.contextmanager
def _without_noise() -> Iterator[None]:
    """Hold back what the process writes to standard error; pass on what is no noise."""
    with contextlib.ExitStack() as held:
        try:
            file = held.enter_context(tempfile.TemporaryFile())
            standard_error = os.dup(2)
        except OSError:  # no room to hold it, or no standard error: then it says what it says
            yield
            return
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
            file.seek(0)
            for line in file:
                if not _NOISE.match(line.strip()):
                    with contextlib.suppress(OSError):  # nobody reads it
                        os.write(2, line)


@contextlib.contextmanager
def _without_matplotlib() -> Iterator[None]:
    """Keep Keras from loading Matplotlib, where it is installed, for charts that nobody asks for.

    That takes half a second of every start. Keras does without it where it is missing.
    """
    if "matplotlib" in sys.modules:
        yield
        return
    modules: dict[str, Any] = sys.modules  # None in it is a module that cannot be imported
    modules["matplotlib"] = None
    try:
        yield
    finally:
        del sys.modules["matplotlib"]
