"""The processor, as the system tells of it."""

import functools
import platform
import re
import resource
import sys
from pathlib import Path

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


def processor_name() -> str:
    """Return the processor's name."""
    return _cpuinfo_line("model name") or platform.processor() or platform.machine()


def processor_features() -> set[str]:
    """Return the names of the processor's features, in Linux's list; empty elsewhere."""
    return set(_cpuinfo_line("flags|Features").split())


def cache_sizes() -> str:
    """Return the sizes of the first core's caches, such as `L1d 48K, L2 1024K`; empty elsewhere."""
    found = []
    for cache in sorted(_CACHES.glob("index*")):
        try:
            level, kind, size = (
                (cache / name).read_text(encoding="ascii").strip()
                for name in ("level", "type", "size")
            )
        except (OSError, UnicodeDecodeError):
            continue
        if kind != "Instruction":
            found.append(f"L{level}{'d' if kind == 'Data' else ''} {size}")
    return ", ".join(found)


def memory_of_process() -> int:
    """Return the bytes of memory that this process holds; where nobody tells, the most it held."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return peak_memory_of_process()
    return pages * resource.getpagesize()


def peak_memory_of_process() -> int:
    """Return the most bytes of memory that this process has held."""
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _cpuinfo_line(key: str) -> str:
    match = re.search(rf"^(?:{key})\s*: (.+)$", _cpuinfo(), re.MULTILINE)
    return match[1] if match else ""


@functools.cache
def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # not Linux
