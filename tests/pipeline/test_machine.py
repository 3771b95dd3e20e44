"""What else is at work does not make the machine slower than it is."""

import sys
import threading

import pytest

from spotscope.pipeline._machine import _seconds, machine_speed


def test_every_rate_is_known_and_asked_once():
    speed = machine_speed()
    assert min(speed.products, speed.solves, speed.numbers) > 1e6
    assert machine_speed() is speed


@pytest.mark.skipif(sys.platform == "win32", reason="counts a thread's time in steps of 16 ms")
def test_time_that_is_waited_is_not_counted():
    never = threading.Event()
    assert _seconds(lambda: never.wait(0.05)) < 0.025
