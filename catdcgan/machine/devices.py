"""What TensorFlow computes on, and in which arithmetic."""

import os
from collections.abc import Sequence

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.machine.processor import memory_of_process, processor_features, processor_name

# Names of the processors' features for products of bfloat16 numbers, in Linux's list.
BFLOAT16_FEATURES = {"avx512_bf16", "amx_bf16", "bf16"}


def compute_dtype(precision: str) -> tf.DType:
    """Return the type that networks compute in for `--precision`; auto looks at the device."""
    if precision == "auto":
        precision = "bfloat16" if has_bfloat16() else "float32"
    return tf.as_dtype(precision)


def has_bfloat16() -> bool:
    """Tell whether the GPU, or without one the processor, multiplies bfloat16 numbers itself."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("compute_capability", (0, 0)) >= (8, 0)
    return bool(BFLOAT16_FEATURES & processor_features())


def describe_device() -> str:
    """Return the GPU's name, or the processor's and its cores."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return f"GPU ({details.get('device_name', 'of unknown name')})"
    return f"CPU ({processor_name()}, {os.cpu_count()} cores)"


def count_gpus() -> int:
    """Return how many GPUs TensorFlow sees."""
    return len(tf.config.list_physical_devices("GPU"))


def on_gpu() -> bool:
    """Tell whether TensorFlow sees a GPU."""
    return count_gpus() > 0


def choose_devices(kind: str | None = None, count: int = 0) -> list[str]:
    """Return TensorFlow's names of the devices to compute on.

    Args:
        kind: `cpu` or `gpu`; None is the first GPU, or without any the processor.
        count: of this kind. Several devices of a processor are parts of it: that is for tests.

    Raises:
        ValueError: there are fewer GPUs; what is needed, in words.
    """
    gpus = count_gpus()
    if kind is None:
        kind, count = ("gpu", 1) if gpus else ("cpu", 1)
    if kind == "gpu" and count > gpus:
        raise ValueError(f"{gpus} GPUs are here, and it needs no more, or cpu:N, or auto")
    return [f"/device:{kind.upper()}:{number}" for number in range(count)]


def memory_in_use() -> dict[str, int]:
    """Return the bytes that this process holds, and the most it has held on the GPU."""
    memory = {"memory_bytes": memory_of_process()}
    if on_gpu():
        try:
            peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
        except (tf.errors.OpError, RuntimeError, ValueError, KeyError):
            return memory  # not every device keeps count
        memory["peak_gpu_memory_bytes"] = peak
    return memory


def session_config(
    threads: int = 0, jit: bool = False, devices: Sequence[str] = ()
) -> v1.ConfigProto:
    """Return the session's settings: GPU memory is taken as needed, not all at once.

    Args:
        threads: of an operation; 0 is all cores. Results depend on it, in their last bits.
        jit: compile with XLA, where there is a GPU.
        devices: that are computed on.
    """
    config = v1.ConfigProto(intra_op_parallelism_threads=threads)
    if len(devices) > 1:
        config.device_count["CPU"] = max(1, sum("CPU" in device for device in devices))
        config.allow_soft_placement = True  # what has no kernel for a GPU
        config.experimental.collective_nccl = any("GPU" in device for device in devices)
    config.gpu_options.allow_growth = True
    # On a slow or busy machine the rewriting of the graph would end after some minutes, half done,
    # and other operations would compute other bits.
    config.graph_options.rewrite_options.meta_optimizer_timeout_ms = -1
    if not on_gpu():
        # One operation at a time, with all threads: two at once would share cores and caches.
        config.inter_op_parallelism_threads = 1
    elif jit:
        level = v1.OptimizerOptions.ON_1
        config.graph_options.optimizer_options.global_jit_level = level
    return config


def make_deterministic(seed: int) -> None:
    """Let every operation give the same bits in every run, on a GPU too.

    To be called before the graph is built; TensorFlow wants a seed with it.
    """
    tf.random.set_seed(seed)
    tf.config.experimental.enable_op_determinism()
