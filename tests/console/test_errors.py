import errno

import pytest
import tensorflow as tf

from catdcgan.console import exits
from catdcgan.console.errors import UserError, may_pass


def system(number):
    return OSError(number, "", "run/metrics.jsonl")


STORE_AWAY = tf.errors.UnavailableError(None, None, "no route")
DISK_FULL = tf.errors.UnknownError(None, None, "run/x: No space left on device")
MISSING = tf.errors.NotFoundError(None, None, "no such object")


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        *((system(number), True) for number in (errno.ENOSPC, errno.EIO, errno.EROFS)),
        *((system(number), True) for number in (errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN)),
        *((system(number), False) for number in (errno.ENOENT, errno.EACCES, errno.ENOTDIR)),
        (STORE_AWAY, True),
        (DISK_FULL, True),
        (MISSING, False),
        (ValueError("x"), False),
    ],
)
def test_what_may_pass_by_itself_is_told_apart_also_as_a_cause(error, passes):
    assert may_pass(error) == passes

    def command(arguments):
        raise UserError("--x: y; z.") from error

    assert exits.run(command, [], goes_on=True) == (
        exits.EXIT_MAY_PASS if passes else exits.EXIT_USER
    )
