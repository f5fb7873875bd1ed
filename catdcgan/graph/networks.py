"""From settings to networks: a family's functions, given what they name of the settings."""

import dataclasses
import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import tensorflow as tf
import tensorflow.compat.v1 as v1

from catdcgan.layers.spectral_norm import get_normalised
from catdcgan.settings.config import Config


def family_of(config: Config) -> ModuleType:
    """Return the module of the network family."""
    return importlib.import_module(f"catdcgan.networks.{config.network}")


def make_networks(config: Config, dtype: tf.DType) -> tuple[Callable, Callable]:
    """Return (generator, discriminator) that create their variables once and then share them."""
    family = family_of(config)
    getter = get_normalised if config.d_norm == "spectral" else None
    return (
        _share("generator", _hand_settings(family.generator, config, dtype)),
        _share("discriminator", _hand_settings(family.discriminator, config, dtype), getter),
    )


def make_generator(config: Config, dtype: tf.DType) -> Callable:
    """Return a generator that makes its variables in the scope that it is called in."""
    return _hand_settings(family_of(config).generator, config, dtype)


def _hand_settings(build: Callable, config: Config, dtype: tf.DType) -> Callable:
    """Return a network; of the settings, and of the options of a call, it is handed what it names.

    Args:
        build: the network's function, `(inputs, *, ...) -> outputs`.
    """
    named = inspect.signature(build).parameters
    known = {**dataclasses.asdict(config), "dtype": dtype}
    settings = {name: value for name, value in known.items() if name in named}

    def network(
        inputs: tf.Tensor,
        *,
        is_training: bool = True,
        update_averages: bool = False,
        dropout_key: tf.Tensor | None = None,
    ) -> tf.Tensor:
        options: dict[str, Any] = {
            "is_training": is_training,
            "update_averages": update_averages,
            "dropout_key": dropout_key,
        }
        asked = {name: options[name] for name in options if name in named}
        return build(inputs, **settings, **asked)

    return network


def _share(scope: str, network: Callable, getter: Callable | None = None) -> Callable:
    # A template shares after its first call and refuses to create variables later.
    return v1.make_template(scope, network, custom_getter_=getter)
