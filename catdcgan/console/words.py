"""How messages show durations, names, counts and tables."""

from collections.abc import Collection, Iterator, Sequence


def in_words(seconds: float) -> str:
    """Return a duration as people say it: `45 s`, `12 min`, `3 h 20 min`, `2 d 5 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def printable(name: str) -> str:
    """Return a file name on one line: control characters and undecodable bytes are escaped."""
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def counted(count: int, thing: str) -> str:
    """Return a count with its noun: `no pictures`, `1 picture`, `4,122 pictures`."""
    return f"{count or 'no':{',' if count else ''}} {thing}{'' if count == 1 else 's'}"


def in_columns(rows: Sequence[Sequence[str]], left: Collection[int]) -> Iterator[str]:
    """Yield the rows as lines of aligned columns, those of the places in `left` to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            text.ljust(width) if place in left else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
