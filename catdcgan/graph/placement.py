"""Which replicas of the networks this process computes, on which devices, among how many."""

from collections.abc import Sequence
from typing import NamedTuple

from catdcgan.layers.replicas import ALONE, Replica


class Place(NamedTuple):
    """Where a replica is.

    Attributes:
        device: TensorFlow's name of it; None leaves the choice to TensorFlow.
        send_ahead_to: a device, such as `/GPU:0`. What a step is fed with is then not fed to the
            step itself but to `send_ahead`, which is run once before it.
    """

    replica: Replica = ALONE
    device: str | None = None
    send_ahead_to: str | None = None


class Placement(NamedTuple):
    """The replicas of this process, and its number among so many workers."""

    places: tuple[Place, ...] = (Place(),)
    worker: int = 0
    workers: int = 1


SINGLE = Placement()


def place_replicas(
    batch_size: int,
    devices: Sequence[str],
    worker: int = 0,
    workers: int = 1,
    *,
    normalises_jointly: bool = True,
) -> Placement:
    """Return a replica on each device, of all workers' that share a batch.

    Args:
        devices: of this process, such as `/GPU:0`; each worker has as many.
        normalises_jointly: batch norm is by the statistics of the whole batch.
    """
    on_gpu = "GPU" in devices[0].upper()
    if len(devices) * workers == 1:
        return Placement((Place(send_ahead_to=devices[0] if on_gpu else None),))
    places = []
    for number, device in enumerate(devices):
        replica = Replica(
            worker * len(devices) + number,
            workers * len(devices),
            batch_size,
            normalises_jointly=normalises_jointly,
            hint="nccl" if on_gpu else "auto",  # NCCL: written for GPUs, and never run
        )
        named = device if workers == 1 else f"/job:worker/replica:0/task:{worker}{device}"
        places.append(Place(replica, named, named if on_gpu else None))
    return Placement(tuple(places), worker, workers)
