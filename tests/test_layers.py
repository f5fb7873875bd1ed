"""Imports never point up: a module may import those of the layers before its own."""

import ast
from pathlib import Path

import pytest

import catdcgan

PACKAGE = Path(catdcgan.__file__).parent
LAYERS = [
    ["stateless_keys"],
    [
        "errors",
        "random_streams",
        "progress",
        "machine",
        "quiet_import",
        "initializers",
        "conv_gradients",
        "staging",
        "metrics",
        "metrics.planes",
        "metrics.stable_random",
    ],
    [
        "settings",
        "presets",
        "images",
        "ops",
        "losses",
        "latents",
        "files",
        "stop_signals",
        "preemption",
        "arithmetic",
        "metrics.sliced_wasserstein",
        "metrics.distances",
        "metrics.embedding",
        "metrics.nearest",
    ],
    [
        "config",
        "devices",
        "augmentation",
        "networks",
        "spectral_norm",
        "weight_averages",
        "datasets.drawn_cats",
        "datasets.cache",
        "datasets.decoding",
        "datasets.batches",
        "datasets.prefetch",
        "datasets.parallel",
        "datasets.members",
        "datasets.landmarks",
        "datasets.idx",
        "metrics.inception",
        "run_log",
        "outbox",
        "run_lock",
        "step_numbers",
        "watching",
        "watching.attempts",
        "watching.curves",
        "watching.event_files",
        "watching.picture_numbers",
        "watching.snapshots",
    ],
    [
        *(f"networks.{path.stem}" for path in PACKAGE.glob("networks/[!_]*.py")),
        "network_making",
        "judging",
        "small_sets",
        "datasets.drawn_set",
        "datasets.archives",
        "datasets.cifar",
        "datasets.pictures",
        "schedule",
        "rendering",
        "checkpoint_files",
        "evaluation",
        "evaluation.figures",
        "evaluation.kept",
        "evaluation.reals",
        "evaluation.record",
        "evaluation.sheet",
        "watching.charts",
        "watching.embedded",
        "watching.film_making",
        "watching.health",
        "watching.loss_plot",
    ],
    [
        "datasets.search",
        "datasets.array_files",
        "datasets.decoded",
        "evaluation.curve",
        "evaluation.periodic",
        "evaluation.table",
    ],
    ["datasets.recipes"],
    ["datasets", "checkpoints", "graph", "run_directory", "training_progress", "saves"],
    [
        "preparation",
        "preparation.advice",
        "preparation.duplicates",
        "preparation.names",
        "preparation.outcomes",
        "preparation.outliers",
    ],
    ["preparation.journal", "preparation.sources", "preparation.picture", "preparation.inspection"],
    ["preparation.report"],
    ["preparation.work"],
    ["watching.report", "watching.summary"],
    ["watching.watcher", "training_feeds", "training_samples"],
    ["training_loop", "command_line", "run_opening", "generating"],
    ["dry_run", "supervise", "evaluation.samples", "evaluation.measuring"],
    ["evaluation.loading"],
    ["train", "sample", "prepare", "verify", "film", "runs", "evaluate"],
]
LAYER_OF = {module: number for number, layer in enumerate(LAYERS) for module in layer}
NEEDS_NO_TENSORFLOW = (
    "config",
    "settings",
    "images",
    "datasets",
    "preparation",
    "prepare",
    "latents",
    "checkpoint_files",
    "run_directory",
    "command_line",
    "watching",
    "film",
    "runs",
    "evaluation",
    "evaluate",
)
LOADED_WHILE_TRAINING = ("watching.event_files", "watching.watcher")
WITHOUT_TENSORFLOW = [
    module
    for module in LAYER_OF
    if module.split(".")[0] in NEEDS_NO_TENSORFLOW and module not in LOADED_WHILE_TRAINING
]


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py") if name_of(path)}


def imports_of(path):
    """Return the names of all imported modules, those inside functions included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_every_module_has_a_layer():
    assert MODULES.keys() == LAYER_OF.keys()


@pytest.mark.parametrize("module", LAYER_OF)
def test_imports_never_point_up(module):
    ours = {name.removeprefix("catdcgan.") for name in imports_of(MODULES[module])} - {module}
    upward = [name for name in ours & LAYER_OF.keys() if LAYER_OF[name] >= LAYER_OF[module]]
    assert upward == []


@pytest.mark.parametrize("module", WITHOUT_TENSORFLOW)
def test_what_decides_and_what_reads_pictures_needs_no_tensorflow(module):
    assert "tensorflow" not in {name.split(".")[0] for name in imports_of(MODULES[module])}
