"""What a run leaves, read for the tests."""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf


def values_in(run_dir, step):
    reader = tf.compat.v1.train.NewCheckpointReader(f"{run_dir}/model.ckpt-{step:08d}")
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def metrics_in(run_dir):
    lines = [json.loads(line) for line in Path(run_dir, "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "timing"} for line in lines]


def record_in(run_dir):
    return json.loads(Path(run_dir, "run.json").read_text())


def assert_same_values(first, second):
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)
