"""Flags from dataclasses of settings, `--help`, and how a command ends.

Exit codes: 0 finished; 1 something the user must settle, in one line; 75 stopped by a signal
with everything saved; anything else is a bug, with its traceback.
"""

import difflib
import errno
import os
import re
import signal
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from absl import flags

from catdcgan.errors import UserError, printable
from catdcgan.settings import settings_of, type_of

EXIT_STOPPED = 75  # EX_TEMPFAIL of sysexits.h: the same command continues
DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}
_DEFINE = {
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
    if any(argument in ("--help", "-h", "-help") for argument in arguments):
        print(_help(config_class, description))
        raise SystemExit(0)
    known = {name for name, a_setting in settings_of(config_class).items() if a_setting.flag}
    values = flags.FlagValues()
    values.set_gnu_getopt(positional is not None)
    for name in known:
        _DEFINE[type_of(config_class, name)](name, None, "", flag_values=values)
    try:
        rest = values(["", *(_normalise(argument, known) for argument in arguments)])[1:]
    except flags.UnrecognizedFlagError as error:
        near = difflib.get_close_matches(error.flagname, known, 1)
        hint = f"did you mean --{near[0]}?" if near else "--help lists the flags."
        raise UserError(f"--{printable(error.flagname)}: there is no such flag; {hint}") from error
    except flags.Error as error:
        raise UserError(_wrong_value(str(error), config_class)) from error
    given = {name: values[name].value for name in known if values[name].present}
    if positional:
        return {positional: tuple(rest), **given}
    if rest:
        raise UserError(
            f"{printable(rest[0])}: an argument without a flag; --flag=value is needed."
        )
    return given


def run(command: Callable[[Sequence[str]], int], arguments: Sequence[str] | None) -> int:
    """Run a command and return its exit code; the user's mistakes become one line."""
    try:
        return command(sys.argv[1:] if arguments is None else arguments)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in DISK_ERRORS or error.filename is None:
            raise
        name = printable(os.fsdecode(error.filename))
        print(f"{name}: {error.strerror}; a place that can be written is needed.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT  # before there was anything to save


def _normalise(argument: str, known: set[str]) -> str:
    match = re.fullmatch(r"(--?)([A-Za-z][\w-]*)(=.*)?", argument, re.DOTALL)
    if not match:
        return argument
    name = match[2].replace("-", "_").lower()
    if name.startswith("no_") and name not in known:
        name = "no" + name.removeprefix("no_")
    return f"--{name}{match[3] or ''}"


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
            f"{f'--{name}':<22}{a_setting.help}{shown}",
            width=96,
            initial_indent="  ",
            subsequent_indent=" " * 24,
        )
    return "\n".join(lines)
