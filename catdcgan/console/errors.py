"""The one kind of error that is the user's to settle."""


class UserError(Exception):
    """Something the user must settle: its text is one line, `<flag or path>: <found>; <needed>.`

    The commands print that line and exit with 1; any other exception is a bug and shows its
    traceback.
    """
