"""What the last bits of a run depend on, and how a continuation keeps them.

The same step gives the same bits on the same instruction set, with the same number of threads in
an operation, the same oneDNN switch, the same precision and the same TensorFlow.
"""

import dataclasses
import hashlib
import importlib.metadata
import os
from collections.abc import Mapping
from typing import Any

from catdcgan.machine.processor import processor_features

ONEDNN_SWITCH = "TF_ENABLE_ONEDNN_OPTS"


@dataclasses.dataclass(frozen=True)
class Arithmetic:
    """How a run computes."""

    threads: int
    cores: int
    onednn: str
    precision: str
    instruction_set: str
    tensorflow: str


def choose_threads(asked: int | None, recorded: Arithmetic | None) -> int:
    """Return the threads of an operation: as asked, else as recorded, else all cores.

    What is recorded counts only on a machine with the same number of cores. Sets the oneDNN
    switch to the recorded one too, which TensorFlow reads when it is loaded.
    """
    cores = os.cpu_count() or 1
    if recorded is not None and recorded.cores == cores:
        os.environ.setdefault(ONEDNN_SWITCH, recorded.onednn)
        return asked or recorded.threads
    return asked or cores


def describe_arithmetic(threads: int, precision: str) -> Arithmetic:
    """Return how this process computes.

    Args:
        precision: the type that networks compute in, `auto` resolved.
    """
    features = " ".join(sorted(processor_features()))
    return Arithmetic(
        threads=threads,
        cores=os.cpu_count() or 1,
        onednn=os.environ.get(ONEDNN_SWITCH, "1"),
        precision=precision,
        instruction_set=hashlib.sha256(features.encode()).hexdigest()[:16],
        tensorflow=importlib.metadata.version("tensorflow"),
    )


def parse_arithmetic(value: Mapping[str, Any]) -> Arithmetic:
    """Return how a run computed, as its record tells.

    Raises:
        KeyError, TypeError, ValueError: it does not tell.
    """
    return Arithmetic(
        threads=int(value["threads"]),
        cores=int(value["cores"]),
        onednn=str(value["onednn"]),
        precision=str(value["precision"]),
        instruction_set=str(value["instruction_set"]),
        tensorflow=str(value["tensorflow"]),
    )


def differences(now: Arithmetic, recorded: Arithmetic) -> list[str]:
    """Return, in words, in what the arithmetic differs from that of the run so far."""
    named = {
        "threads": "threads",
        "onednn": ONEDNN_SWITCH,
        "precision": "precision",
        "tensorflow": "TensorFlow",
    }
    found = [
        f"{words} {getattr(now, name)} instead of {getattr(recorded, name)}"
        for name, words in named.items()
        if getattr(now, name) != getattr(recorded, name)
    ]
    if now.instruction_set != recorded.instruction_set:
        found.append("another instruction set")
    return found
