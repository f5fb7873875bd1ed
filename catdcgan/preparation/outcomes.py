"""The kinds of things that can become of a file, in the order of the summary."""

KEPT, TOO_SMALL, DUPLICATE = "kept", "too small", "duplicate"
UNREADABLE, BAD_ANNOTATION, OUTLIER, OTHER = "unreadable", "bad annotation", "outlier", "other"
REMOVED = "removed"  # by the user, from the folder of prepared pictures
OUTCOMES = (KEPT, REMOVED, TOO_SMALL, DUPLICATE, UNREADABLE, BAD_ANNOTATION, OUTLIER, OTHER)
