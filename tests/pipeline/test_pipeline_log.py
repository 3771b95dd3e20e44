"""The log tells what hands did, with the time, and of many deeds the last ones."""

from dataclasses import replace

import spotscope
from spotscope.pipeline import log_text, session_log


def test_deeds_stand_last_in_the_log_in_their_order(demo_files):
    session = spotscope.read(demo_files["spots"])
    assert [entry.step for entry in session_log(session)] == ["sample"]
    deeds = [{"when": "2026-03-04T05:06:07+00:00", "said": f"deed {n}"} for n in range(33)]
    told = session_log(replace(session, view={"deeds": deeds}))[-1]
    assert (told.step, told.said) == ("hand", "33 deeds in the window")
    assert told.notes[0] == "3 before these"
    assert [note.split(" ", 1)[1] for note in told.notes[1:]] == [f"deed {n}" for n in range(3, 33)]
    assert told.notes[1][2] == ":"
    one = replace(session, view={"deeds": [{"when": "", "said": "a nucleus deleted"}]})
    assert "By hand: 1 deed in the window" in log_text(one)
    assert "note: a nucleus deleted\n" in log_text(one)
