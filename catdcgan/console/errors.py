"""The one kind of error that is the user's to settle, and other errors in a few words."""


class UserError(Exception):
    """Something the user must settle: its text is one line, `<flag or path>: <found>; <needed>.`

    The commands print that line and exit with 1; any other exception is a bug and shows its
    traceback.
    """


def first_line_of(error: Exception) -> str:
    """Return the first line of what an error says, its kind where it says nothing."""
    return (str(error) or type(error).__name__).splitlines()[0]


def reason_of(error: Exception, most: int = 200) -> str:
    """Return why something failed, in one line of at most about `most` characters."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return type(error).__name__ + (f": {lines[0]}"[:most] if lines else "")
