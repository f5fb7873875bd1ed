import errno

from catdcgan.console import exits
from catdcgan.console.errors import UserError


def test_a_mistake_is_one_line_on_standard_error_and_exit_code_1(capsys):
    def command(arguments):
        raise UserError("--x: y; z.")

    assert exits.run(command, []) == 1
    assert capsys.readouterr().err == "--x: y; z.\n"


def test_a_full_disk_is_one_line_and_an_exit_code_of_its_own_of_a_training(capsys):
    def command(arguments):
        raise OSError(errno.ENOSPC, "No space left on device", "run/metrics.jsonl")

    assert exits.run(command, [], goes_on=True) == exits.EXIT_MAY_PASS == 74
    assert exits.run(command, []) == 1
    assert capsys.readouterr().err.startswith("run/metrics.jsonl: No space left on device;")


def test_a_bug_has_its_traceback_and_an_exit_code_of_its_own(capsys):
    def command(arguments):
        raise OSError(errno.EBADF, "Bad file descriptor")

    assert exits.run(command, []) == 70
    assert "Traceback" in capsys.readouterr().err
