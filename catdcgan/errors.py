"""The one kind of error that is the user's to settle, and how messages show names and counts."""


class UserError(Exception):
    """Something the user must settle: its text is one line, `<flag or path>: <found>; <needed>.`

    The commands print that line and exit with 1; any other exception is a bug and shows its
    traceback.
    """


def printable(name: str) -> str:
    """Return a file name on one line: control characters and undecodable bytes are escaped."""
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def counted(count: int, thing: str) -> str:
    """Return a count with its noun: `no pictures`, `1 picture`, `4,122 pictures`."""
    return f"{count or 'no':{',' if count else ''}} {thing}{'' if count == 1 else 's'}"
