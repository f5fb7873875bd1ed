"""The folders are the architecture: the README shows it, and import-linter keeps it."""

import re
import subprocess
import sys
from pathlib import Path

from importlinter.api import read_configuration

import catdcgan

PACKAGE = Path(catdcgan.__file__).parent
ROOT = Path(__file__).parents[1]
CONTRACTS = str(ROOT / "pyproject.toml")


def shown_in_readme():
    """Return the commands and the folders of the README's list, from the top."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"<!-- layout -->\n(.*)<!-- /layout -->", readme, re.DOTALL)[1].splitlines()
    commands = re.match(r"  ((?:\w+ )+)", lines[2])[1].split()
    folders = [match[1] for line in lines[3:] if (match := re.match(r"  (\w+)/ +\w", line))]
    return commands, folders


def test_imports_never_point_up_and_what_is_quick_to_load_needs_no_tensorflow():
    # A process of its own: its console does not bear that pytest takes standard output away.
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_list_in_the_readme_is_what_is_checked():
    (layers,) = (
        contract["layers"]
        for contract in read_configuration(CONTRACTS)["contracts_options"]
        if contract["type"] == "layers"
    )
    commands, folders = shown_in_readme()
    assert (" | ".join(commands), folders) == (layers[0], layers[1:])


def test_the_list_in_the_readme_is_what_is_there():
    commands, folders = shown_in_readme()
    assert set(commands) == {path.stem for path in PACKAGE.glob("[!_]*.py")}
    assert set(folders) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
