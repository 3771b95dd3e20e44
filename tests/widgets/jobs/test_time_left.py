import pytest

from spotscope.widgets.jobs._time_left import JobTime, TimeLeft, spell


def test_a_steady_rate_gives_the_rest():
    estimate = TimeLeft()
    for second in range(5):
        left = estimate.update("tiles", second / 10, float(second))
    assert left == pytest.approx(6.0)


def test_nothing_is_promised_at_the_start():
    estimate = TimeLeft()
    assert estimate.update("tiles", 0.0, 0.0) is None
    assert estimate.update("tiles", 0.3, 0.1) is None


def test_a_new_stage_forgets_the_old_rate():
    estimate = TimeLeft()
    for second in range(5):
        estimate.update("quick", second / 5, float(second))
    assert estimate.update("slow", 0.0, 5.0) is None
    assert estimate.update("slow", 0.1, 15.0) == pytest.approx(90.0)


def test_a_stretch_without_progress_does_not_divide_by_zero():
    estimate = TimeLeft()
    for second in range(4):
        left = estimate.update("tiles", 0.0, float(second))
    assert left is None


def said_of(*seconds, stage, job=None, whole=None, of=10, main="finding nuclei"):
    """What is said after each of these seconds, with one of ``of`` parts done in each."""
    job = JobTime() if job is None else job
    return [job.say(stage, n / of, t, whole, main) for n, t in enumerate(seconds)]


def test_of_a_job_nobody_has_estimated_the_rest_of_its_stage_is_said_as_such():
    assert said_of(0.0, 1.0, 2.0, stage="reading the stain") == ["", "9 s more", "8 s more"]


def test_a_quick_stage_that_is_nearly_done_promises_nothing():
    assert said_of(*(n / 4 for n in range(9)), stage="reading the stain")[-2:] == ["", ""]


def test_a_quick_stage_of_a_long_job_says_what_the_job_was_expected_to_take():
    said = said_of(*(n / 4 for n in range(9)), stage="reading the stain", whole=68.0)
    assert said[0] == "about 1 min 10 s left"
    assert said[-1] == "about 1 min 10 s left"
    assert not any("moment" in words for words in said)


def test_a_stage_among_others_says_its_own_rest_once_the_estimate_is_outlived():
    said = said_of(*(n * 2.0 for n in range(6)), stage="measuring the stain", whole=6.0)
    estimated, outlived = said[:3], said[3:]
    assert estimated == ["about 6 s left", "about 4 s left", "about 2 s left"]
    assert outlived == ["14 s more", "12 s more", "10 s more"]  # not when the job ends


def test_the_next_stage_of_a_job_that_is_late_is_told_by_its_own_rate():
    job = JobTime()
    said_of(0.0, 6.0, 12.0, stage="labelling cells", job=job, whole=5.0, of=3)
    seconds = (13.0, 14.0, 15.0)
    said = said_of(*seconds, stage="comparing with the baseline", job=job, whole=5.0)
    assert said == ["", "9 s more", "8 s more"]


def test_the_stage_that_is_most_of_a_job_knows_better_than_the_estimate():
    job = JobTime()
    said_of(0.0, 1.0, 2.0, stage="reading the stain", job=job, whole=68.0)
    assert said_of(2.0, 6.0, 10.0, stage="finding nuclei", job=job, whole=68.0) == [
        "about 1 min 10 s left",
        "36 s left",
        "32 s left",
    ]
    # what follows is short; the estimate has had its day
    assert said_of(42.0, 43.0, stage="drawing", job=job, whole=68.0) == ["", "9 s more"]


def test_a_search_that_goes_on_where_it_was_stopped_is_told_by_what_is_left_of_it():
    job = JobTime()
    main = "finding nuclei"
    assert job.say(main, 0.7, 0.0, 68.0, main) == "about 1 min 10 s left"
    assert job.say(main, 0.8, 6.0, 68.0, main) == "12 s left"


def test_a_late_job_of_which_no_part_is_done_promises_nothing():
    job = JobTime()
    assert job.say("comparing", 0.0, 0.0, 4.0) == "about 4 s left"
    assert job.say("comparing", 0.0, 5.0, 4.0) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.2, "a moment"),
        (4.4, "4 s"),
        (59.7, "1 min"),
        (81, "1 min 20 s"),
        (120, "2 min"),
        (1234, "21 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_are_said_as_one_would(seconds, said):
    assert spell(seconds) == said
