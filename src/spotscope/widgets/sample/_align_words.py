"""What the alignment meter says of what it measured, and the name of the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.alignment import TurnFound

if TYPE_CHECKING:
    from spotscope.methods.alignment import ShiftFound

__all__ = ["meter_words", "turn_offered"]


def turn_offered(found: ShiftFound | TurnFound | None) -> str:
    """Name of the turn whose button the meter shows; empty where it shows none."""
    return found.turn.name if isinstance(found, TurnFound) and found.is_off else ""


def meter_words(found: ShiftFound | TurnFound) -> tuple[str, str, str]:
    """The line of the meter, its tool tip, and what the button is called that puts it right."""
    if isinstance(found, TurnFound):
        tip = (
            "Laid so, the spots come to lie on the tissue, or what they express follows the stain "
            "far beyond chance; as the image lies, it does not."
        )
        return f"▲ {found.sentence[:1].upper()}{found.sentence[1:]}", tip, "Turn the spots"
    tip = (
        f"The image explains {found.agreement:.0%} of how counts differ from spot to spot as they "
        f"lie, {found.at_best:.0%} at best; ± is the radius that holds 95 of 100 answers from "
        "parts of the section drawn by lot."
    )
    words = f"{'▲ Spots look' if found.is_off else 'Alignment:'} {found.sentence}"
    sign = " ✓" if found.tells and not found.is_off else ""
    return words + sign, tip, "Nudge them back"
