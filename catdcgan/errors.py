"""The one kind of error that is the user's to settle, and how names are shown in messages."""


class UserError(Exception):
    """Something the user must settle: its text is one line, `<flag or path>: <found>; <needed>.`

    The commands print that line and exit with 1; any other exception is a bug and shows its
    traceback.
    """


def printable(name: str) -> str:
    """Return a file name on one line: control characters and undecodable bytes are escaped."""
    name = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)
