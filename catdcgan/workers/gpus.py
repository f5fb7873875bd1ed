"""Which of a machine's GPUs each of its workers sees; never run on a machine that has some."""

import subprocess
from collections.abc import Mapping, Sequence

VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"


def gpus_of(environment: Mapping[str, str]) -> list[str]:
    """Return the GPUs that processes of this environment see, by number or name."""
    visible = environment.get(VISIBLE_GPUS)
    if visible is not None:
        gpus = []
        for name in visible.split(","):
            if name.strip() in ("", "-1"):
                break  # as CUDA reads it: what follows counts no more
            gpus.append(name.strip())
        return gpus
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line for line in listed.stdout.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(lines))] if listed.returncode == 0 else []


def share_of(gpus: Sequence[str], number: int, workers: int) -> str:
    """Return a worker's share, as `VISIBLE_GPUS` wants it: each has as many, what is over has none.

    Args:
        gpus: at least one for each worker.
    """
    each = len(gpus) // workers
    return ",".join(gpus[number * each : (number + 1) * each])
