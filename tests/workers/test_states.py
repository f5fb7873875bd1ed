import pytest

from catdcgan.workers.states import State, parse_state


@pytest.mark.parametrize(
    "state", [State(), State(True, False, 0), State(True, False, 75), State(True, True, 1)]
)
def test_a_state_arrives_as_it_was_sent(state):
    assert parse_state(state.as_number()) == state
