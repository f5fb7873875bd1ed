"""What the last bits of a run depend on, and how a continuation keeps them.

The same step gives the same bits with the same instruction set and caches, as many threads in an
operation, as many workers and devices that share the batch, oneDNN on or off, the same precision,
the same TensorFlow, and the same of the environment's variables that change how it computes.
"""

import dataclasses
import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Mapping
from typing import Any

from catdcgan.machine.processor import cache_sizes, processor_features, processor_name
from catdcgan.machine.tensorflow_import import onednn_is_on

# With one of these, TensorFlow switches oneDNN on where nobody says anything.
ONEDNN_FEATURES = {
    *("avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"),
}
X86_FEATURE = "sse2"

# Variables of the environment, besides the switch, that change bits.
VARIABLES = (
    *("ONEDNN_MAX_CPU_ISA", "ONEDNN_CPU_ISA_HINTS", "ONEDNN_DEFAULT_FPMATH_MODE"),
    *("DNNL_MAX_CPU_ISA", "DNNL_CPU_ISA_HINTS", "DNNL_DEFAULT_FPMATH_MODE"),
    *("TF_SET_ONEDNN_FPMATH_MODE", "TF_XLA_FLAGS", "XLA_FLAGS"),
    *("TF_DETERMINISTIC_OPS", "TF_CUDNN_DETERMINISTIC", "TF_CUDNN_USE_AUTOTUNE"),
    *("TF_ENABLE_CUDNN_TENSOR_OP_MATH_FP32", "NVIDIA_TF32_OVERRIDE"),
    # NumPy's, in the ninth digit of a measured distance.
    *("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "NPY_DISABLE_CPU_FEATURES"),
)


@dataclasses.dataclass(frozen=True)
class Arithmetic:
    """How a run computes.

    Attributes:
        onednn: whether TensorFlow's operations are oneDNN's; None where nobody knows.
        caches: sizes of the processor's, in words; None where nobody noted them.
        variables: those of `VARIABLES` that are set; None where nobody noted them.
        workers: that share each batch.
        devices: of each worker.
    """

    threads: int
    cores: int
    onednn: bool | None
    precision: str
    instruction_set: str
    tensorflow: str
    caches: str | None = None
    variables: Mapping[str, str] | None = None
    workers: int = 1
    devices: int = 1


def choose_threads(asked: int | None, recorded: Arithmetic | None) -> int:
    """Return the threads of an operation: as asked, else as recorded, else all cores.

    What is recorded counts only on a machine with the same number of cores.
    """
    cores = os.cpu_count() or 1
    if recorded is not None and recorded.cores == cores:
        return asked or recorded.threads
    return asked or cores


def wants_onednn(recorded: Arithmetic | None) -> bool:
    """Tell whether oneDNN is to be on: as in the run so far, else always, since it is quicker.

    It is never left to TensorFlow, which chooses by the processor.
    """
    return recorded is None or recorded.onednn is not False


def describe_arithmetic(
    threads: int, precision: str, workers: int = 1, devices: int = 1
) -> Arithmetic:
    """Return how this process computes; TensorFlow is loaded.

    Args:
        precision: the type that networks compute in, `auto` resolved.
        workers: that share each batch.
        devices: of each worker.
    """
    return Arithmetic(
        threads=threads,
        cores=os.cpu_count() or 1,
        onednn=onednn_is_on(),
        precision=precision,
        instruction_set=_instruction_set(),
        tensorflow=importlib.metadata.version("tensorflow"),
        caches=cache_sizes(),
        variables={name: os.environ[name] for name in VARIABLES if name in os.environ},
        workers=workers,
        devices=devices,
    )


def parse_arithmetic(value: Mapping[str, Any], *, continued: bool = False) -> Arithmetic:
    """Return how a run computed, as its record tells.

    Args:
        continued: the run was continued already.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it does not tell.
    """
    instruction_set = str(value["instruction_set"])
    onednn, variables = value["onednn"], value.get("variables")
    if not (onednn is None or isinstance(onednn, bool)):
        onednn = _infer_onednn(str(onednn), instruction_set, continued)
    return Arithmetic(
        threads=int(value["threads"]),
        cores=int(value["cores"]),
        onednn=onednn,
        precision=str(value["precision"]),
        instruction_set=instruction_set,
        tensorflow=str(value["tensorflow"]),
        caches=value.get("caches"),
        variables=None if variables is None else dict(variables.items()),
        workers=int(value.get("workers", 1)),
        devices=int(value.get("devices", 1)),
    )


def differences(now: Arithmetic, recorded: Arithmetic) -> list[str]:
    """Return, in words, in what the arithmetic differs from that of the run so far."""
    named = {
        "threads": "threads",
        "precision": "precision",
        "tensorflow": "TensorFlow",
        "workers": "workers",
        "devices": "devices",
    }
    found = [
        f"{words} {getattr(now, name)} instead of {getattr(recorded, name)}"
        for name, words in named.items()
        if getattr(now, name) != getattr(recorded, name)
    ]
    if recorded.onednn is None:
        found.append("whether oneDNN was used is not known")
    elif now.onednn != recorded.onednn:
        found.append("with oneDNN" if now.onednn else "without oneDNN")
    if now.instruction_set != recorded.instruction_set:
        found.append("another instruction set")
    elif recorded.caches is not None and now.caches != recorded.caches:
        found.append("caches of other sizes")  # by which operations are cut into blocks
    if recorded.variables is not None:
        here = now.variables or {}
        found += [
            f"{name} {here.get(name, 'unset')} instead of {recorded.variables.get(name, 'unset')}"
            for name in VARIABLES
            if here.get(name) != recorded.variables.get(name)
        ]
    return found


def _infer_onednn(switch: str, instruction_set: str, continued: bool) -> bool | None:
    """Return whether a run of an earlier version used oneDNN, None where there is no telling.

    Those recorded an unset switch, which is TensorFlow's own choice, as "1"; only continuations
    were really started with that.
    """
    if switch.lower() in ("0", "false"):
        return False
    if continued:
        return True
    features = processor_features()
    if instruction_set != _instruction_set() or X86_FEATURE not in features:
        return None
    return bool(ONEDNN_FEATURES & features)


def _instruction_set() -> str:
    # Where the system lists none (macOS), the processor's name has to do.
    features = " ".join(sorted(processor_features())) or f"{platform.machine()} {processor_name()}"
    return hashlib.sha256(features.encode()).hexdigest()[:16]
