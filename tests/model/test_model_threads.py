"""Pieces on several threads: in order, stopped between two, and BLAS's own threads at rest."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from spotscope.model import in_threads


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)


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


def rest_and_come_back():
    """With two threads, whatever this machine has; the setting is the process's."""
    with threadpool_limits(2, "blas"):
        assert blas_threads() == {2}
        first, second = (in_threads(blas_threads, range(9)) for _ in range(2))
        assert next(first) == {1}
        assert next(second) == {1}
        first.close()
        assert blas_threads() == {1}  # the second is still at work
        assert list(second) == [{1}] * 8
        assert blas_threads() == {2}


def test_blas_threads_rest_and_come_back_however_two_uses_end():
    """In a process of its own: in this one other tests' libraries have a say in it, too."""
    code = "import test_model_threads as here; here.rest_and_come_back()"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=True)
