"""Variables to checkpoints and back: saved under their step, compared before they are restored."""

import contextlib
import errno
import functools
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.checkpoints.files import (
    NAME,
    Checkpoint,
    mark_begun,
    prefix_at,
    remove,
    write_manifest,
)
from catdcgan.checkpoints.manifest import Notes
from catdcgan.checkpoints.names import ADAM_NAMES, SUFFIX, has_averages
from catdcgan.console.errors import UserError, reason_of
from catdcgan.console.words import printable
from catdcgan.storage import files

ALIGNMENT = 64  # bytes, of TensorFlow's buffers
REASONS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO),
)


def by_name(variables: Sequence[tf.Variable]) -> dict[str, tf.Variable]:
    """Return variables by the names that they have in checkpoints."""
    return {variable.op.name: variable for variable in variables}


def read_values(session: v1.Session, variables: Sequence[tf.Variable]) -> dict[str, np.ndarray]:
    """Return copies of the variables by name: what a checkpoint holds."""
    values = session.run(by_name(variables))
    for name in values:
        values[name] = _align(values[name])  # one by one: never are there two copies of all
    return values


def save(values: Mapping[str, np.ndarray], run_dir: str, step: int, notes: Notes) -> Checkpoint:
    """Save values under a new name; the checkpoints before it stay untouched.

    The session they were read from is left alone: it may go on training meanwhile.

    Args:
        values: by the names of their variables.
        notes: what its manifest tells besides.

    Raises:
        UserError: the disk is full or cannot be written to.
    """
    prefix = prefix_at(run_dir, step)
    try:
        mark_begun(prefix)
        _write_tensors(values, prefix)
        checkpoint = write_manifest(prefix, step, notes)
    except (tf.errors.OpError, OSError) as error:
        with contextlib.suppress(tf.errors.OpError, OSError):
            remove(prefix)
        raise UserError(
            f"{printable(prefix)}: cannot be saved ({_reason_of(error)}); "
            "room and the right to write are needed. Earlier checkpoints are whole."
        ) from error
    # TensorFlow's own note, for other programs; ours finds checkpoints by their manifests.
    name = files.split(prefix)[1]
    note = f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "{name}"\n'
    with contextlib.suppress(OSError):
        files.write_atomically(files.join(run_dir, "checkpoint"), note.encode())
    return checkpoint


def read_shapes(prefix: str) -> dict[str, list[int]]:
    """Return the shapes of a checkpoint's variables by name.

    Raises:
        UserError: the file is damaged.
    """
    with _open_to_read(prefix) as reader:
        return reader.get_variable_to_shape_map()


def is_readable(prefix: str) -> bool:
    """Read all of a checkpoint, whose every tensor carries a checksum; tell whether it is whole."""
    try:
        _read(prefix, read_shapes(prefix))
    except UserError:
        return False
    return True


def restore(session: v1.Session, prefix: str, variables: Mapping[str, tf.Variable]) -> None:
    """Give variables their values of a checkpoint, all of them or none.

    Args:
        variables: by their names in the file.

    Raises:
        UserError: the file is damaged, or lacks a variable, or has another shape.
    """
    _refuse_differences(variables, prefix)
    set_values(session, variables.values(), _read(prefix, variables))


def restore_what_is_there(
    session: v1.Session, prefix: str, variables: list[tf.Variable]
) -> list[str]:
    """Restore a foreign checkpoint: its weights and statistics, and Adam's part when it is whole.

    Moving averages of weights that it does not hold begin at those weights.

    Args:
        variables: all of the run.

    Returns:
        The variables of Adam's part that keep their initial values.

    Raises:
        UserError: the file is damaged, or lacks a weight or a statistic, or has another shape.
    """
    chosen = variables_there(variables, prefix)
    set_values(session, chosen, _read(prefix, by_name(chosen)))
    left = sorted({v.op.name for v in variables} - {v.op.name for v in chosen})
    fill_averages(session, by_name(variables), left)
    return [name for name in left if ADAM_NAMES.search(name)]


def variables_there(variables: list[tf.Variable], prefix: str) -> list[tf.Variable]:
    """Return the variables to be taken from a foreign checkpoint.

    Raises:
        UserError: the file is damaged, or lacks a weight or a statistic, or has another shape.
    """
    known = by_name(variables)
    there = read_shapes(prefix)
    # What a file may lack, all of it or nothing.
    parts = [
        {name for name in known if ADAM_NAMES.search(name)},
        {name for name in known if has_averages([name])},
    ]
    lacking = set().union(*(part for part in parts if not part <= there.keys()))
    chosen = {name: variable for name, variable in known.items() if name not in lacking}
    _refuse_differences(chosen, prefix)
    return list(chosen.values())


def fill_averages(
    session: v1.Session, variables: Mapping[str, tf.Variable], missing: Iterable[str]
) -> None:
    """Let averages that a file does not hold begin at the weights they are of.

    Args:
        variables: all of the graph, by name.
        missing: names of variables that the file lacks; those that are no averages are passed over.
    """
    for name in missing:
        variable = variables[name]
        own_name, _, suffix = name.rpartition("/")
        if suffix == SUFFIX:
            set_values(session, [variable], [session.run(variables[own_name])])


def set_values(
    session: v1.Session, variables: Iterable[tf.Variable], values: Iterable[np.ndarray]
) -> None:
    """Give variables values without any new operation: the graph may be frozen."""
    # Fed into the assignments of their initial values; in one run, since each prepares the graph.
    feed = {}
    assignments = []
    for variable, value in zip(variables, values, strict=True):
        feed[variable.initializer.inputs[1]] = value
        assignments.append(variable.initializer)
    session.run(assignments, feed)


def _read(prefix: str, names: Iterable[str]) -> list[np.ndarray]:
    with _open_to_read(prefix) as reader:
        return [reader.get_tensor(name) for name in names]


@contextlib.contextmanager
def _open_to_read(prefix: str) -> Iterator[Any]:
    """Open TensorFlow's reader of a checkpoint; what goes wrong inside is told as damage."""
    with _taken_literally(prefix) as path:
        try:
            yield v1.train.NewCheckpointReader(path)
        except (tf.errors.OpError, ValueError) as error:
            raise _damaged(prefix, error) from error


@contextlib.contextmanager
def _taken_literally(prefix: str) -> Iterator[str]:
    """Return a prefix by which TensorFlow finds a checkpoint whatever its own prefix is.

    Its readers take a path for a pattern: one with `[` or a backslash in it finds nothing.
    """
    if not (files.is_local(prefix) and set("[\\") & set(prefix)):
        yield prefix
        return
    folder, name = files.split(prefix)
    with tempfile.TemporaryDirectory(prefix="catdcgan-") as aside:
        alias = os.path.join(aside, NAME)
        for there in files.list_names(folder or "."):
            if there.startswith(f"{name}."):
                os.symlink(os.path.abspath(files.join(folder, there)), alias + there[len(name) :])
        yield alias


def _align(value: np.ndarray) -> np.ndarray:
    """Return a copy of `value` at an address that TensorFlow can use without copying it again."""
    room = np.empty(value.nbytes + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    aligned = room[start : start + value.nbytes].view(value.dtype).reshape(value.shape)
    aligned[...] = value
    return aligned


def _write_tensors(values: Mapping[str, np.ndarray], prefix: str) -> None:
    """Write TensorFlow's files of a checkpoint, as its Saver does.

    Raises:
        OpError: they cannot be written.
    """
    signature = tuple((name, value.dtype.name, value.shape) for name, value in values.items())
    session, tensors, path, write = _writing_session(signature)
    feed = {tensor: values[name] for name, tensor in tensors.items()}
    session.run(write, {path: prefix, **feed})


@functools.lru_cache(maxsize=1)
def _writing_session(
    signature: tuple[tuple[str, str, tuple[int, ...]], ...],
) -> tuple[v1.Session, dict[str, tf.Tensor], tf.Tensor, tf.Operation]:
    """Return a session that writes fed tensors, its placeholders by name and for the path."""
    with tf.Graph().as_default() as graph:
        tensors = {name: v1.placeholder(dtype, shape) for name, dtype, shape in signature}
        path = v1.placeholder(tf.string, [])
        write = tf.raw_ops.SaveV2(
            prefix=path,
            tensor_names=list(tensors),
            shape_and_slices=[""] * len(tensors),
            tensors=list(tensors.values()),
        )
    processor_only = v1.ConfigProto(device_count={"GPU": 0})
    return v1.Session(graph=graph, config=processor_only), tensors, path, write


def _refuse_differences(variables: Mapping[str, tf.Variable], prefix: str) -> None:
    # Saver broadcasts a wrong shape silently (tensorflow#52220).
    with _open_to_read(prefix) as reader:
        there = reader.get_variable_to_shape_map()
        types = reader.get_variable_to_dtype_map()
    differences = []
    for name, variable in variables.items():
        shape = variable.shape.as_list()
        if name not in there:
            differences.append(f"{name} is missing")
        elif list(there[name]) != shape:
            differences.append(f"{name} is {there[name]}, not {shape}")
        elif types[name] != variable.dtype.base_dtype:
            differences.append(f"{name} is of {types[name].name}, not {variable.dtype.name}")
    if differences:
        more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
        raise UserError(
            f"{printable(prefix)}: holds other networks ({'; '.join(differences[:3])}{more}); "
            "the same --preset, --image_size, --channels, --base_filters, --z_dim, --upsampling, "
            "--d_norm and --minibatch_stddev are needed."
        )


def _damaged(prefix: str, error: Exception) -> UserError:
    return UserError(
        f"{printable(prefix)}: the checkpoint is damaged ({_reason_of(error)}); "
        "a whole one is needed."
    )


def _reason_of(error: Exception) -> str:
    """Return in a few words why TensorFlow or the system failed."""
    text = getattr(error, "message", None) or str(error)
    # TensorFlow wraps what the system said in a page of its own.
    for number in REASONS:
        if os.strerror(number) in text:
            return os.strerror(number)
    return reason_of(error, 100)
