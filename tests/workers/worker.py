"""A worker as the tests start it: `catdcgan.train`, watched, and hurt where a test says so.

| variable | what happens |
|---|---|
| WORKER_WEIGHTS | after each step the variables are kept in this file |
| WORKER_EVERY | after every so many steps only |
| WORKER_HURT | `nan:3` feeds no numbers to step 3; `save` lets the chief's last save fail; |
| | `slow` lets its first snapshot take 10 s |
"""

import os
import time

import numpy as np

from catdcgan import train
from catdcgan.console.errors import UserError
from catdcgan.machine import tensorflow_import

FIRST_SNAPSHOT = 5  # of the harness' flags


def main() -> int:
    """Train; return the exit code."""
    weights, hurt = os.environ.get("WORKER_WEIGHTS"), os.environ.get("WORKER_HURT", "")
    every = int(os.environ.get("WORKER_EVERY", "1"))
    tensorflow_import.import_tensorflow()
    from catdcgan.training import loop, recording
    from catdcgan.training.stepping import Stepping

    run = Stepping.run

    def run_and_keep(self, session, step, feed, wish=False):
        if hurt == f"nan:{step}":
            images = self._graph.inputs.real_images
            feed = {**feed, images: np.full_like(feed[images], np.nan)}
        result = run(self, session, step, feed, wish)
        if weights and (step + 1) % every == 0:
            values = session.run({v.op.name: v for v in self._graph.variables})
            np.savez(weights, **{name.replace("/", "|"): value for name, value in values.items()})
        return result

    def fail(*_):
        raise UserError("run: cannot be written (no room); room is needed.")

    Stepping.run = run_and_keep

    def dawdle(self, *arguments):
        time.sleep(10 if arguments[1] == FIRST_SNAPSHOT else 0)
        return write_snapshot(self, *arguments)

    if hurt == "slow":
        write_snapshot = loop.Training._take_snapshot
        loop.Training._take_snapshot = dawdle
    if hurt == "save":
        recording.write_checkpoint = fail
    return train.main()


if __name__ == "__main__":
    raise SystemExit(main())
