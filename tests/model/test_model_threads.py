"""Pieces on several threads: in order, stopped between two, and BLAS's own threads at rest."""

import gc
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from spotscope.model import _threads, in_threads


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    """Two, at rest for nobody: how many threads BLAS has is the process's, and so every test's.

    A job that an earlier test gave up may still be in its last piece; as it ends it gives threads
    back, in the middle of a test here.
    """
    gc.collect()  # what was dropped half way
    end = time.monotonic() + 20
    while _threads._at_rest._wanted and time.monotonic() < end:
        threading.Event().wait(0.02)
    monkeypatch.setattr(_threads, "_at_rest", _threads._Rest())  # one that is kept has no say
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with threadpool_limits(2, "blas"):
        yield


def blas_threads(_piece=None):
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_answers_come_in_the_order_of_the_pieces():
    """The first piece waits until the second is done."""
    second = threading.Event()

    def square(n):
        if n == 0:
            assert second.wait(10)
        if n == 1:
            second.set()
        return n * n

    assert list(in_threads(square, range(7))) == [n * n for n in range(7)]


def test_pieces_are_taken_as_they_are_needed():
    taken = []
    answers = in_threads(abs, (taken.append(n) or n for n in range(100)))
    assert next(answers) == 0
    assert len(taken) <= 4
    answers.close()
    assert len(taken) <= 4


def test_no_more_threads_than_are_wanted():
    names = set()

    def here(_piece):
        names.add(threading.current_thread().name)

    assert list(in_threads(here, range(20), 1)) == [None] * 20
    assert len(names) == 1


def test_what_a_piece_raises_is_raised_and_the_rest_dropped():
    begun = []

    def work(n):
        begun.append(n)
        if n == 3:
            raise ValueError("three")

    with pytest.raises(ValueError, match="three"):
        list(in_threads(work, range(1000)))
    assert len(begun) < 10


def test_blas_threads_rest_and_come_back_however_two_uses_end():
    assert blas_threads() == {2}, [thread.name for thread in threading.enumerate()]
    first, second = (in_threads(blas_threads, range(9)) for _ in range(2))
    assert next(first) == {1}
    assert next(second) == {1}
    first.close()
    assert blas_threads() == {1}  # the second is still at work
    assert list(second) == [{1}] * 8
    assert blas_threads() == {2}
