"""Measure how far samples are from real pictures, and whether they are copies.

Usage: python -m catdcgan.evaluate RUN_DIR [flags]

RUN_DIR is a run, whose newest checkpoint is measured, or a folder, zip or tar of pictures. Beside
each figure stands what it is for real pictures in the place of samples. docs/evaluation.md says
what the figures mean. In --out it writes evaluation.json, to which each call adds, evaluation.png,
the figures over the checkpoints, and memorisation.jpg, samples beside their nearest training
pictures.

Examples:
  python -m catdcgan.evaluate checkpoints/tiny
  python -m catdcgan.evaluate checkpoints/tiny --all --num 512
  python -m catdcgan.evaluate samples.zip --data_dir data/cats
"""

import dataclasses
from collections.abc import Iterator, Sequence

from catdcgan.checkpoints.files import Checkpoint, find_all, verify
from catdcgan.console import exits
from catdcgan.console.errors import UserError
from catdcgan.console.progress import speaking, tell
from catdcgan.console.streams import outlive_readers
from catdcgan.console.words import printable
from catdcgan.evaluation.comparing import Samples, measure_all
from catdcgan.evaluation.loading import load_for_pictures, load_for_run
from catdcgan.evaluation.measuring import INCEPTION_FLAG
from catdcgan.evaluation.reals import FEWEST, spread_indices
from catdcgan.evaluation.samples import is_run, look_into, read_pictures, render
from catdcgan.machine.tensorflow_import import import_tensorflow
from catdcgan.metrics.inception import refuse_unusable
from catdcgan.sampling.generating import WEIGHTS, WEIGHTS_HELP
from catdcgan.sampling.sources import Source, find_source
from catdcgan.settings import flags
from catdcgan.settings.setting import QUIET, between, check_each, one_of, setting
from catdcgan.storage import files

MOST_PICTURES = 50_000
SAMPLES, REALS, OUTPUT = "What is measured", "What it is compared with", "Where it goes"


@dataclasses.dataclass(frozen=True)
class EvaluateConfig:
    """What is measured, against what, and where to."""

    checkpoint: str | None = setting(
        None, "this one instead of the newest: its name in RUN_DIR, or its path", SAMPLES
    )
    best: bool = setting(
        False, "the checkpoint whose samples were measured as best while training", SAMPLES
    )
    all: bool = setting(False, "all checkpoints of the run", SAMPLES)
    num: int | None = setting(
        None,
        "how many samples, and as many reals (else 1,024, or what the reals allow)",
        SAMPLES,
        check=between(FEWEST, MOST_PICTURES),
    )
    weights: str | None = setting(None, WEIGHTS_HELP, SAMPLES, check=one_of(*WEIGHTS))
    data_dir: str | None = setting(
        None,
        "real pictures that were not learned from (else those that the run held back, else half "
        "of its own)",
        REALS,
    )
    inception_weights: str | None = setting(
        None,
        "file of weights of Keras's InceptionV3, for FID and KID; not comparable with published "
        "ones",
        REALS,
    )
    cache_dir: str | None = setting(
        None, "where decoded pictures and their statistics are kept (else beside the data)", REALS
    )
    out: str | None = setting(
        None, "folder (else the run's; for pictures evaluations/<name>)", OUTPUT
    )
    quiet: bool = setting(False, QUIET, OUTPUT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return exits.run(_evaluate, arguments)


def _evaluate(arguments: Sequence[str]) -> int:
    given = flags.parse(arguments, EvaluateConfig, __doc__, positional="RUN_DIR")
    outlive_readers()
    places = given.pop("RUN_DIR")
    asked = EvaluateConfig(**given)
    check_each(asked)
    place = None if asked.checkpoint and not places else flags.the_one(places, "RUN_DIR")
    if asked.inception_weights:
        refuse_unusable(asked.inception_weights, INCEPTION_FLAG)
    if asked.out:
        files.refuse_as_folder(asked.out, "--out")
    with speaking(not asked.quiet):
        if place is None or asked.checkpoint or is_run(place):
            return _evaluate_run(asked, place)
        return _evaluate_pictures(asked, place)


def _evaluate_run(asked: EvaluateConfig, run_dir: str | None) -> int:
    sources = _find_sources(asked, run_dir)
    config, _ = look_into(sources[0], asked.weights)
    prefix = sources[0].prefix
    reals, folders = load_for_run(prefix, config, asked.data_dir, asked.cache_dir, asked.num)

    def samples() -> Iterator[Samples]:
        for source in sources:
            _, weights = look_into(source, asked.weights)
            images = render(source, len(reals.reference), weights)
            name = files.split(source.prefix)[1]
            number = name.rpartition("-")[2]
            yield Samples(name, int(number) if number.isdigit() else None, weights, images)

    out = asked.out or files.split(prefix)[0]
    return measure_all(samples(), reals, folders, out, asked.inception_weights)


def _evaluate_pictures(asked: EvaluateConfig, place: str) -> int:
    for name in ("best", "all", "weights"):
        if getattr(asked, name):
            raise UserError(f"--{name}: {printable(place)} holds no checkpoint; a run is needed.")
    given = read_pictures(place)
    reals, folders = load_for_pictures(given, asked.data_dir, asked.cache_dir, asked.num)
    images = given.images[spread_indices(len(given.images), len(reals.reference))]
    out = asked.out or files.join("evaluations", given.name)
    samples = iter([Samples(given.name, None, None, images)])
    import_tensorflow()
    return measure_all(samples, reals, folders, out, asked.inception_weights)


def _find_sources(asked: EvaluateConfig, run_dir: str | None) -> list[Source]:
    if asked.all and (asked.checkpoint or asked.best):
        other = "checkpoint" if asked.checkpoint else "best"
        raise UserError(f"--{other}: given beside --all; one of the two is needed.")
    if asked.all and run_dir:
        newest = find_source(run_dir, say=tell, flag="RUN_DIR")
        return [newest._replace(prefix=found.prefix) for found in _find_all_sound(run_dir)]
    if asked.checkpoint:
        path = asked.checkpoint
        if run_dir and "/" not in path:
            path = files.join(run_dir, path)
        return [find_source(checkpoint=path, say=tell, best=asked.best)]
    return [find_source(run_dir, say=tell, best=asked.best, flag="RUN_DIR")]


def _find_all_sound(run_dir: str) -> Iterator[Checkpoint]:
    for checkpoint in find_all(run_dir):
        reason = verify(checkpoint)
        if reason:
            tell(printable(f"passed over {checkpoint.prefix}: {reason}"))
        else:
            yield checkpoint


if __name__ == "__main__":
    raise SystemExit(main())
