"""Ways to do one thing, measured in processes of their own that take turns."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from catdcgan.machine.processor import processor_features, processor_name

Report = dict[str, Any]  # what a measuring process prints as its last line, in JSON


def measure(
    commands: Mapping[str, Sequence[str]],
    rounds: int,
    folder: Path,
    variables: Mapping[str, Mapping[str, str | None]] | None = None,
) -> dict[str, list[Report]]:
    """Run each Python command once a round, one after the other; return their reports by name.

    They run in `folder`. One that fails says why on the terminal, and is left out from then on.

    Args:
        variables: of the environment of commands, by their names; None is unset.
    """
    reports: dict[str, list[Report]] = {name: [] for name in commands}
    failed = set()
    for number in range(rounds):
        for name, command in commands.items():
            if name in failed:
                continue
            print(f"round {number + 1} of {rounds}: {name}", file=sys.stderr, flush=True)
            environment = {**os.environ, **(variables or {}).get(name, {})}
            done = subprocess.run(
                [sys.executable, *command],
                cwd=folder,
                env={name: value for name, value in environment.items() if value is not None},
                capture_output=True,
                text=True,
            )
            if done.returncode:
                failed.add(name)
                print(f"  left out: {_reason_of(done.stderr)}", file=sys.stderr)
                continue
            report = json.loads(done.stdout.splitlines()[-1])
            print(f"  {json.dumps(report)[:200]}", file=sys.stderr, flush=True)
            reports[name].append(report)
    return {name: found for name, found in reports.items() if found}


def report(**numbers: Any) -> None:
    """Print the report of a measuring process, with the most memory there was, in bytes."""
    print(json.dumps({**numbers, "memory": peak_memory()}))


def peak_memory() -> int:
    """Return the most memory that this process, or one that it has waited for, had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whose) * unit


def middle(values: Sequence[float], digits: int = 3) -> str:
    """Return a median with its lowest and highest value."""
    low, high = min(values), max(values)
    return f"{statistics.median(values):.{digits}g} ({low:.{digits}g} to {high:.{digits}g})"


def describe_machine() -> str:
    """Return the processor, what it multiplies with, its cores, and the system's memory."""
    known = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # Linux's names
    features = [name for name in known if name in processor_features()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{processor_name()} ({', '.join(features)}), {os.cpu_count()} cores, {memory:.0f} GiB"


def describe_software(*packages: str) -> str:
    """Return the versions of Python and of packages."""
    found = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} is not installed")
    return ", ".join(found)


def _reason_of(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no reason given"
