"""Train with several workers on this machine, which share each batch.

Usage: python -m catdcgan.launch --workers N [--no-isolation] [--] [flags of catdcgan.train]

Each worker is a process with its share of the cores (--threads) and of the GPUs, and each line says
which worker it is of; on a terminal worker 0 shows its progress there. All are started, stopped
and, after a crash, started again together, and go on from the last checkpoint. When one ends with
an error and the others do not notice, those are ended after 30 seconds.

TensorFlow's ports have no authentication. Where Linux lets a user have it, the workers get a
network of their own that nobody else can reach; not where they read or write a store (gs://...)
or watch for preemption.

Examples:
  python -m catdcgan.launch --workers 2 -- --preset tiny
  python -m catdcgan.launch --workers 4 --lr_d 2e-4 --lr_g 2e-4

Exit codes: 0 all have finished; 1 one has something to settle, told in one line; 74 one has met
what may pass by itself, again and again; 75 stopped and saved; else that of the first that failed.
"""

from collections.abc import Sequence

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.settings import flags
from catdcgan.training.launching import LaunchConfig, launch, split_flags


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_launch, arguments, goes_on=True)


def _launch(arguments: Sequence[str]) -> int:
    arguments = list(arguments)
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    own, training_flags = split_flags(arguments)
    given = flags.parse(["--help"] if flags.asks_for_help(before) else own, LaunchConfig, __doc__)
    if "workers" not in given:
        raise UserError("--workers: nothing; how many processes train together is needed.")
    return launch(".", given, training_flags)


if __name__ == "__main__":
    raise SystemExit(main())
