"""Flags from dataclasses of settings, and `--help`."""

import difflib
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from catdcgan.console.errors import UserError
from catdcgan.console.words import counted, printable
from catdcgan.settings.setting import settings_of, type_of

FLAG_COLUMN = 24  # characters of the help that flags have for themselves
_DEFINE: dict[type, Callable[..., object]] = {
    bool: flags.DEFINE_boolean,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
}
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def parse(
    arguments: Sequence[str], config_class: type, description: str, *, positional: str | None = None
) -> dict[str, Any]:
    """Return the settings given on the command line, and only those, by name.

    Dashes and capitals are accepted in names: `--lr-d`, `--lr_D`. With `--help` it prints the
    settings and exits with 0.

    Args:
        positional: the name under which arguments without a flag are returned, a tuple of texts;
            they may stand before, between and after the flags.

    Raises:
        UserError: an unknown flag, a value of the wrong kind, or a stray argument.
    """
    if asks_for_help(arguments):
        print(_help(config_class, description))
        raise SystemExit(0)
    known = {name for name, a_setting in settings_of(config_class).items() if a_setting.flag}
    values = flags.FlagValues()
    values.set_gnu_getopt(positional is not None)
    for name in known:
        _DEFINE[type_of(config_class, name)](name, None, "", flag_values=values)
    arguments = [_normalise(argument, known) for argument in arguments]
    _refuse_unknown(arguments, values)
    try:
        rest = values(["", *arguments])[1:]
    except flags.Error as error:
        raise UserError(_wrong_value(str(error), config_class)) from error
    given = {name: values[name].value for name in known if values[name].present}
    for name, value in given.items():
        if value == "":
            raise UserError(f"--{name}: nothing; it needs to be {_KINDS[str]}.")
    if positional:
        return {positional: tuple(rest), **given}
    if rest:
        raise UserError(
            f"{printable(rest[0])}: an argument without a flag; --flag=value is needed."
        )
    return given


def the_one(places: Sequence[str], name: str) -> str:
    """Return the only folder given as `name`.

    Raises:
        UserError: there are more, or none.
    """
    if len(places) != 1:
        raise UserError(f"{name}: {counted(len(places), 'folder')} given; one is needed.")
    return places[0]


def asks_for_help(arguments: Sequence[str]) -> bool:
    """Tell whether the help is asked for."""
    return any(argument in ("--help", "-h", "-help") for argument in arguments)


def _normalise(argument: str, known: set[str]) -> str:
    match = re.fullmatch(r"(--?)([A-Za-z][\w-]*)(=.*)?", argument, re.DOTALL)
    if not match:
        return argument
    name = match[2].replace("-", "_").lower()
    if name.startswith("no_") and name not in known:
        name = "no" + name.removeprefix("no_")
    return f"--{name}{match[3] or ''}"


def _refuse_unknown(arguments: Sequence[str], values: flags.FlagValues) -> None:
    """Refuse flags that are not ours, those of absl itself (--flagfile, --undefok) included."""
    known = set(values) | {f"no{name}" for name in values if values[name].boolean}
    for argument in arguments:
        match = re.match(r"--([A-Za-z]\w*)", argument)
        if match and match[1] not in known:
            near = difflib.get_close_matches(match[1], known, 1)
            hint = f"did you mean --{near[0]}?" if near else "--help lists the flags."
            raise UserError(f"--{match[1]}: there is no such flag; {hint}")


def _wrong_value(message: str, config_class: type) -> str:
    """Return our line for absl's, which names the flag and the value in its own words."""
    match = re.match(r"flag --(\w+)=(.*?): ", message, re.DOTALL) or re.search(
        r"[Mm]issing value for flag --?(\w+)()", message
    )
    if not match:
        return " ".join(message.split())
    kind = _KINDS[type_of(config_class, match[1])]
    return f"--{match[1]}: {printable(match[2]) or 'nothing'}; it needs to be {kind}."


def _help(config_class: type, description: str) -> str:
    lines, group = [description.strip()], None
    for name, a_setting in settings_of(config_class).items():
        if not a_setting.flag:
            continue
        if a_setting.group != group:
            group = a_setting.group
            lines += ["", f"{group}:"]
        default = getattr(config_class, name)
        shown = "" if default is None else f" (default: {default})"
        lines += textwrap.wrap(
            f"{_shown_flag(config_class, name):<{FLAG_COLUMN}}{a_setting.help}{shown}",
            width=96,
            initial_indent="  ",
            subsequent_indent=" " * (2 + FLAG_COLUMN),
        )
    return "\n".join(lines)


def _shown_flag(config_class: type, name: str) -> str:
    return f"--[no]{name}" if type_of(config_class, name) is bool else f"--{name}"
