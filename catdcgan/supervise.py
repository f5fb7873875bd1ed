"""The long job: train, start again after a crash or a preemption, stop when there is no point.

Usage: python -m catdcgan.supervise LOG_FOLDER [flags of catdcgan.train] [--workers N]

`run_train.sh` is this command. With --workers so many processes of this machine train together, as
`python -m catdcgan.launch` has them.
"""

from collections.abc import Sequence

from catdcgan.console import exits
from catdcgan.settings import flags
from catdcgan.training.launching import LaunchConfig, launch, split_flags


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_supervise, arguments, goes_on=True)


def _supervise(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 0 if flags.asks_for_help(arguments) else 1
    own, training_flags = split_flags(arguments[1:])
    return launch(arguments[0], flags.parse(own, LaunchConfig, ""), training_flags)


if __name__ == "__main__":
    raise SystemExit(main())
