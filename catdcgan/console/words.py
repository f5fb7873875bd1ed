"""How messages show names and counts."""


def printable(name: str) -> str:
    """Return a file name on one line: control characters and undecodable bytes are escaped."""
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def counted(count: int, thing: str) -> str:
    """Return a count with its noun: `no pictures`, `1 picture`, `4,122 pictures`."""
    return f"{count or 'no':{',' if count else ''}} {thing}{'' if count == 1 else 's'}"
