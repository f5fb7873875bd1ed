"""A run's folder: what lies in it.

| file | what |
|---|---|
| run.json | command, settings, versions, git commit, pictures, machine, every continuation |
| train.log | what the terminal showed |
| metrics.jsonl | one line a step |
| checkpoint, model.ckpt-00000500.* | checkpoints, and TensorFlow's note of the last one |
| snapshots/00000500.jpg | the pictures of seeds 0, 1, 2, ... after 500 steps |
| reals.jpg | pictures it learns from |
| DONE | the run has reached its last step |
| set-aside/20260102-030405/ | what lay in the folder and was of no use, or not surely the run's |
| run.lock | which process is at work in it |
"""

import atexit
import functools
import os
import shutil
import tempfile

from catdcgan.storage import files

DEFAULT_PARENT = "checkpoints"


class RunDirectory:
    """The paths of a run, on a local disk or in a store such as `gs://`.

    What grows line by line (`train.log`, `metrics.jsonl`) is written on a local disk and, where
    the run is not local, copied at each save.
    """

    def __init__(self, path: str) -> None:
        """Name the folder; nothing is made or read yet."""
        self.path = path
        self.record_file = files.join(path, "run.json")
        self.reals = files.join(path, "reals.jpg")
        self.done = files.join(path, "DONE")
        self.snapshots = files.join(path, "snapshots")

    @functools.cached_property
    def _growing(self) -> str:
        """Where the files are that grow line by line."""
        if files.is_local(self.path):
            return self.path
        folder = tempfile.mkdtemp(prefix="catdcgan-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return folder

    @property
    def log(self) -> str:
        """Where `train.log` is while the run is at work."""
        return os.path.join(self._growing, "train.log")

    @property
    def metrics(self) -> str:
        """Where `metrics.jsonl` is while the run is at work."""
        return os.path.join(self._growing, "metrics.jsonl")

    def snapshot(self, step: int) -> str:
        """Return where the snapshot of a step is."""
        return files.join(self.snapshots, f"{step:08d}.jpg")

    def fetch_growing_files(self) -> None:
        """Bring the log and the metrics of a run that is not local to this machine."""
        if self._growing == self.path:
            return
        for path in (self.log, self.metrics):
            data = files.read_bytes(files.join(self.path, os.path.basename(path)))
            if data is not None:
                files.write_atomically(path, data)

    def publish_growing_files(self) -> None:
        """Copy the log and the metrics to a run that is not local.

        Raises:
            OSError: they cannot be written.
        """
        if self._growing == self.path:
            return
        for path in (self.log, self.metrics):
            data = files.read_bytes(path)
            if data is not None:
                files.write_atomically(files.join(self.path, os.path.basename(path)), data)
