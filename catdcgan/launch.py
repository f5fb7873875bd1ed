"""Train with several workers on this machine, which share each batch.

Usage: python -m catdcgan.launch --workers N [--noisolate] -- [flags of catdcgan.train]

Each worker is a process with its share of the cores (--threads) and of the GPUs. All are started,
ended and, after a crash, started again together; the last checkpoint is where they go on. Every
line says which worker it is of.

TensorFlow's ports have no authentication. Where Linux allows it, and nothing lies in a store, the
workers get a network of their own that nobody else can reach; --noisolate does without.

Example:
  python -m catdcgan.launch --workers 2 -- --preset tiny
"""

from collections.abc import Sequence

from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.settings import flags
from catdcgan.training.launching import WORKERS, prepare_workers, take_workers
from catdcgan.training.supervising import Supervisor

NO_ISOLATION = "--noisolate"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_launch, arguments, goes_on=True)


def _launch(arguments: Sequence[str]) -> int:
    own = list(arguments)[: list(arguments).index("--")] if "--" in arguments else arguments
    if flags.asks_for_help(own):
        print(__doc__)
        return 0
    workers, rest = take_workers(arguments)
    if not any(argument.partition("=")[0] == WORKERS for argument in arguments):
        raise UserError(f"{WORKERS}: not given; how many processes train together is needed.")
    training_flags = [argument for argument in rest if argument != NO_ISOLATION]
    prepare_workers(workers, training_flags, isolated=NO_ISOLATION not in rest)
    return Supervisor(".", training_flags, workers=workers).run()


if __name__ == "__main__":
    raise SystemExit(main())
