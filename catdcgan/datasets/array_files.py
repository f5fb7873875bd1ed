"""MNIST and CIFAR-10 from the files in which they are published. Only the training files count."""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from catdcgan.console.errors import UserError
from catdcgan.console.words import printable
from catdcgan.datasets.cifar import CLASSES, Labelled, parse_binary, parse_pickle
from catdcgan.datasets.idx import FormatError, parse_idx
from catdcgan.pictures.members import Member, UnreadableError

MNIST_CLASSES = tuple("0123456789")
TRAINING_FILES = {
    "MNIST": "train-images-idx3-ubyte(.gz)",
    "CIFAR-10": "data_batch_1(.bin) ... or their archive",
}


class ArraySet(NamedTuple):
    """The training files of a set, not yet read.

    Attributes:
        name: `MNIST` or `CIFAR-10`.
        files: those to read, in the order of their numbers.
        classes: the names of the classes, by number.
    """

    name: str
    files: list[Member]
    classes: Sequence[str]


def recognise(members: list[Member], shown: str, name: str | None = None) -> ArraySet | None:
    """Return the set that files belong to, None where there is none.

    Args:
        shown: how messages call the place that was searched.
        name: the only set that is looked for.

    Raises:
        UserError: there are several sets, or the test files of one alone.
    """
    images = _named(members, r"train-images")
    labels = _named(members, r"train-labels")
    binary = _numbered(members, r"data_batch_\d+\.bin")
    pickles = _numbered(members, r"data_batch_\d+")
    sets = []
    if images and name in (None, "MNIST"):
        sets.append(ArraySet("MNIST", images + labels, MNIST_CLASSES))
    if (binary or pickles) and name in (None, "CIFAR-10"):
        sets.append(ArraySet("CIFAR-10", binary or pickles, CLASSES))
    if len(sets) > 1 or any(_is_there_twice(a_set) for a_set in sets):
        raise UserError(
            f"{shown}: several sets of arrays (the first: {printable(members[0].name)}); "
            "the folder of one is needed."
        )
    if members and not sets and not name:
        raise UserError(
            f"{shown}: {printable(members[0].name)} without files to train on; "
            "train-images-idx3-ubyte(.gz) of MNIST, or data_batch_1 ... of CIFAR-10, is needed."
        )
    return sets[0] if sets else None


def load_arrays(found: ArraySet, classes: str | None, shown: str) -> np.ndarray:
    """Return the pictures of a set, uint8 `[N, 28, 28, 1]` or `[N, 32, 32, 3]`.

    Args:
        classes: the names of those wanted, separated by commas; all without it.
        shown: how messages call the place that was searched.

    Raises:
        UserError: a file is damaged, or there is no such class.
    """
    wanted = class_numbers(found, classes)
    if found.name == "MNIST":
        labelled = _load_mnist(found.files, wanted is not None, shown)
    else:
        parts = [_parse(file, _parser_of(file), shown) for file in found.files]
        labelled = Labelled(*map(np.concatenate, zip(*parts, strict=True)))
    if wanted is None:
        return labelled.images
    return labelled.images[np.isin(labelled.labels, wanted)]


def class_numbers(found: ArraySet, classes: str | None) -> list[int] | None:
    """Return the numbers of the classes that are wanted, None for all.

    Raises:
        UserError: there is no such class.
    """
    if classes is None:
        return None
    numbers = []
    for name in (part.strip() for part in classes.split(",")):
        if name not in found.classes:
            raise UserError(
                f"--classes: {printable(name) or 'nothing'}; the classes of {found.name} are "
                f"{', '.join(found.classes)}."
            )
        numbers.append(found.classes.index(name))
    return sorted(set(numbers))


def _load_mnist(files: list[Member], with_labels: bool, shown: str) -> Labelled:
    images = _parse(files[0], lambda data: parse_idx(data, 3), shown)[..., None]
    if not with_labels:
        return Labelled(images, np.zeros(len(images), np.uint8))
    if len(files) < 2:
        raise UserError(f"--classes: {shown} has no labels; train-labels-idx1-ubyte is needed.")
    labels = _parse(files[1], lambda data: parse_idx(data, 1), shown)
    if len(labels) != len(images):
        raise UserError(
            f"{shown}: {len(images):,} images and {len(labels):,} labels; "
            "files of the same set are needed."
        )
    return Labelled(images, labels)


def _parser_of(file: Member) -> Callable[[bytes], Labelled]:
    return parse_binary if file.name.endswith(".bin") else parse_pickle


def _parse(file: Member, parse: Callable, shown: str) -> Any:
    try:
        return parse(file.read())
    except (FormatError, UnreadableError) as error:
        needed = "" if isinstance(error, FormatError) else "; a file that can be read is needed"
        raise UserError(f"{shown}: {printable(file.name)}: {error}{needed}.") from error


def _named(members: list[Member], start: str) -> list[Member]:
    return [member for member in members if re.match(start, PurePosixPath(member.name).name)]


def _numbered(members: list[Member], pattern: str) -> list[Member]:
    """Return the members whose file name fits, 2 before 10."""
    fitting = [m for m in members if re.fullmatch(pattern, PurePosixPath(m.name).name)]
    return sorted(fitting, key=lambda member: (_number_in(member), member.name))


def _number_in(member: Member) -> int:
    digits = re.findall(r"\d+", PurePosixPath(member.name).name)
    return int(digits[0])


def _is_there_twice(found: ArraySet) -> bool:
    if found.name == "MNIST":
        return len(_named(found.files, "train-images")) > 1 or len(found.files) > 2
    numbers = [_number_in(member) for member in found.files]
    return len(set(numbers)) < len(numbers)
