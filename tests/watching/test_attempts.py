from catdcgan.watching.attempts import Attempts


def fail():
    raise OSError(28, "No space left on device", "losses.png")


def test_a_failure_is_said_once_and_so_is_its_end():
    said = []
    attempts = Attempts(said.append)
    results = [attempts.attempt("losses.png", work) for work in (fail, fail, lambda: 3, lambda: 4)]
    assert results == [None, None, 3, 4]
    assert said == [
        "losses.png: losses.png: No space left on device; training goes on, and tries it again",
        "losses.png: works again",
    ]


def test_a_package_that_is_missing_is_named():
    said = []
    Attempts(said.append).attempt("the film", lambda: __import__("there_is_no_such_package"))
    assert "ModuleNotFoundError: No module named 'there_is_no_such_package'" in said[0]
