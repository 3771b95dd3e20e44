"""How long a task will still take, said only when it can be said."""

from __future__ import annotations

__all__ = ["JobTime", "TimeLeft", "spell"]

#: Nothing is promised before this much time and this share of the work.
MIN_SECONDS = 0.5
MIN_SHARE = 0.02
#: Weight of the newest rate: old enough to be calm, young enough to follow a slow stretch.
SMOOTHING = 0.3


class JobTime:
    """Says how long a job will still take, or, where nobody knows, its present stage.

    A job has stages of unequal speed, and nothing is known of those to come: a quick one that is
    nearly done promises nothing of the job. So the job was estimated before, or only the stage's
    rest is said; where a job is known to be one stage before all, its own rate knows better. A job
    that has outlived its estimate, on a busy machine, is one that nobody has estimated.
    """

    def __init__(self) -> None:
        self._left = TimeLeft()
        self._began: float | None = None
        self._past_main = False

    def say(
        self, stage: str, share: float, now: float, whole: float | None = None, main: str = ""
    ) -> str:
        """Tell how far it is, and return "8 s left" of the job, "8 s more" of the stage, or "".

        Parameters
        ----------
        stage, share, now
            As for :meth:`TimeLeft.update`.
        whole
            Seconds that the job was expected to take, or None.
        main
            The stage that is nearly all of the job, if there is one.
        """
        self._began = now if self._began is None else self._began
        rest = self._left.update(stage, share, now)
        if stage == main and rest is not None:
            self._past_main = True
            return f"{spell(rest)} left"
        to_come = 0.0 if whole is None else whole - (now - self._began)
        if to_come >= 1 and not self._past_main:
            return f"about {spell(to_come)} left"
        return f"{spell(rest)} more" if rest is not None and rest >= 1 else ""


class TimeLeft:
    """Estimates the rest from the rate of the present stage.

    Stages differ in speed by orders of magnitude, so a new stage forgets the old rate.
    """

    def __init__(self) -> None:
        self._stage = ""
        self._began = self._last = 0.0
        self._share = 0.0
        self._rate: float | None = None

    def update(self, stage: str, share: float, now: float) -> float | None:
        """Tell how far it is, at ``now`` seconds, and return the seconds left or None.

        Parameters
        ----------
        stage
            Name of the stage.
        share
            Done, 0 to 1.
        now
            Any clock that only goes forward.
        """
        if stage != self._stage or share < self._share:
            self._stage, self._began, self._last = stage, now, now
            self._share, self._rate = share, None
            return None
        passed, gained = now - self._last, share - self._share
        if passed > 0 and gained > 0:
            newest = gained / passed
            old = self._rate
            self._rate = newest if old is None else old + SMOOTHING * (newest - old)
            self._last, self._share = now, share
        if self._rate is None or now - self._began < MIN_SECONDS or share < MIN_SHARE:
            return None
        return (1.0 - share) / self._rate


def spell(seconds: float | None) -> str:
    """Say a duration as one would: ``4 s``, ``1 min 20 s``, ``2 h 5 min``; empty for None."""
    if seconds is None:
        return ""
    if seconds < 1:
        return "a moment"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        whole = round(whole / 10) * 10
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    minutes = round(whole / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
