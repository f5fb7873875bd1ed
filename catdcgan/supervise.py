"""The long job: train, start again after a crash or a preemption, stop when there is no point.

Usage: python -m catdcgan.supervise LOG_FOLDER [--workers N] [flags of catdcgan.train]

`run_train.sh` is this command. With --workers so many processes of this machine train together, as
`catdcgan.launch` has them.
"""

from collections.abc import Sequence

from catdcgan.console import exits
from catdcgan.settings import flags
from catdcgan.training.supervising import Supervisor
from catdcgan.training.launching import prepare_workers, take_workers


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_supervise, arguments, goes_on=True)


def _supervise(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 0 if flags.asks_for_help(arguments) else 1
    workers, training_flags = take_workers(arguments[1:])
    prepare_workers(workers, training_flags)
    return Supervisor(arguments[0], training_flags, workers=workers).run()


if __name__ == "__main__":
    raise SystemExit(main())
