"""The README's tables of settings and presets: `python -m catdcgan.settings.tables` prints them."""

from catdcgan.settings.config import Config
from catdcgan.settings.presets import PRESETS
from catdcgan.settings.setting import (
    settings_of,
)


def settings_table() -> str:
    """Return the README's table of settings, in Markdown."""
    lines = ["| flag | default | what it is |", "|---|---|---|"]
    for name, known in settings_of(Config).items():
        if known.flag:
            default = getattr(Config, name)
            shown = "" if default is None else f"`{default}`"
            lines.append(f"| `--{name}` | {shown} | {known.help} |")
    return "\n".join(lines)


def presets_table() -> str:
    """Return the README's table of presets, in Markdown."""
    lines = ["| preset | differs from `cat128` in |", "|---|---|"]
    for preset, row in PRESETS.items():
        shown = ", ".join(f"`{name}` {value}" for name, value in row.items())
        lines.append(f"| `{preset}` | {shown or 'nothing: the defaults'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(presets_table(), settings_table(), sep="\n\n")
