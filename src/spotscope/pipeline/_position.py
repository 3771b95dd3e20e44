"""Whether the spots lie where they should: the image turned, or the spots shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.alignment import TurnFound
from spotscope.model import Transform
from spotscope.pipeline._shift import measure_alignment
from spotscope.pipeline._turn import measure_turn

if TYPE_CHECKING:
    from spotscope.methods.alignment import ShiftFound
    from spotscope.model import Sample, Session, Task

__all__ = ["measure_position", "way_back"]


def measure_position(session: Session, *, seed: int = 0) -> Task[ShiftFound | TurnFound]:
    """Tell whether the image looks turned, and if not, how far the spots are off.

    Parameters
    ----------
    session
        With slide and spots.
    seed
        Of what is drawn by lot to say how sure that is.

    Returns
    -------
    A turn where the image looks turned: of spots that lie elsewhere a shift says nothing.

    Raises
    ------
    MethodError
        If there is no slide or no spots, or too few of them.
    """
    turned = yield from measure_turn(session.sample, seed=seed)
    if turned.is_off:
        return turned
    return (yield from measure_alignment(session, seed=seed))


def way_back(found: ShiftFound | TurnFound, sample: Sample) -> Transform:
    """The map that puts the spots where they look right; none where they lie so."""
    if not found.is_off:
        return Transform()
    if isinstance(found, TurnFound):
        assert sample.slide is not None
        return found.turn.upon(sample.slide)
    down, right = found.yx_um
    return Transform.shift(-down, -right)
