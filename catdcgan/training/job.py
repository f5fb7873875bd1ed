"""What a training is made of, in one piece: the loop and what records it take the same."""

from typing import NamedTuple

import numpy as np

from catdcgan.evaluation.periodic import PeriodicEvaluation
from catdcgan.graph.training import TrainingGraph
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.record import Record
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule


class Job(NamedTuple):
    """A training.

    Attributes:
        images: what is learned from, uint8 `[N, S, S, C]`.
        evaluation: measures samples, where that is wanted.
    """

    config: Config
    graph: TrainingGraph
    images: np.ndarray
    schedule: Schedule
    run: RunDirectory
    record: Record
    log: RunLog
    evaluation: PeriodicEvaluation | None = None
