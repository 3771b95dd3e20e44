"""Which genes are to be told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import ParamsError

if TYPE_CHECKING:
    from spotscope.model import Reference

__all__ = ["choose_genes"]


def choose_genes(text: str | None, reference: Reference) -> tuple[tuple[str, ...], str]:
    """Genes asked for, and a note of those that the reference lacks.

    Parameters
    ----------
    text
        Names separated by commas, or a file of names, a line each or by commas; None asks for all.
    reference
        Has the genes.

    Raises
    ------
    ParamsError
        If the reference has none of them.
    """
    names = tuple(dict.fromkeys(map(str, reference.table.var_names)))
    if text is None:
        return names, ""
    try:
        listed = Path(text).read_text("utf-8") if Path(text).is_file() else None
    except OSError:  # a list too long to be the name of a file
        listed = None
    except UnicodeDecodeError as err:
        raise ParamsError(
            f"Expected names of genes in {text}, found a file that is no text; give one with a "
            "name a line (--genes FILE)."
        ) from err
    words = text.split(",") if listed is None else re.split(r"[\s,;]+", listed)
    asked = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
    known = set(names)
    found = tuple(name for name in asked if name in known)
    unknown = [name for name in asked if name not in known]
    if not found:
        raise ParamsError(
            f"Expected genes of {reference.name} (such as {', '.join(names[:3])}), found none of "
            f"the {len(asked)} asked for ({', '.join(unknown[:3])}…); name them as the reference "
            "does."
        )
    note = ""
    if unknown:
        shown = ", ".join(unknown[:5]) + ("…" if len(unknown) > 5 else "")
        note = f"{len(unknown)} of {len(asked)} genes are not in {reference.name}: {shown}"
    return found, note
