"""The kinds of things that can become of a file, in the order of the summary."""

KEPT, TOO_SMALL, DUPLICATE = "kept", "too small", "duplicate"
UNREADABLE, BAD_ANNOTATION, OUTLIER, OTHER = "unreadable", "bad annotation", "outlier", "other"
OUTCOMES = (KEPT, TOO_SMALL, DUPLICATE, UNREADABLE, BAD_ANNOTATION, OUTLIER, OTHER)
