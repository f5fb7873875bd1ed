"""What a training is made of, in one piece: the loop and what records it take the same."""

from typing import NamedTuple

import numpy as np
import tensorflow.compat.v1 as v1

from catdcgan.evaluation.periodic import PeriodicEvaluation
from catdcgan.graph.training import TrainingGraph
from catdcgan.run_folder.directory import RunDirectory
from catdcgan.run_folder.log import RunLog
from catdcgan.run_folder.record import Record
from catdcgan.settings.config import Config
from catdcgan.settings.schedule import Schedule
from catdcgan.workers.team import Alone


class Job(NamedTuple):
    """A training.

    Attributes:
        images: what is learned from, uint8 `[N, S, S, C]`.
        session_config: what its session takes of the machine.
        team: the workers, of which this one keeps the run.
        evaluation: measures samples, where that is wanted.
    """

    config: Config
    graph: TrainingGraph
    images: np.ndarray
    schedule: Schedule
    run: RunDirectory
    record: Record
    log: RunLog
    session_config: v1.ConfigProto
    team: Alone
    evaluation: PeriodicEvaluation | None = None
