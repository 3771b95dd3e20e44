"""A session's recipe as a command, and as Python: copied, run, and the same comes out."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from spotscope.model import MethodError
from spotscope.pipeline._copy_analyses import asked_of
from spotscope.pipeline._recipe import recipe_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.model import Session
    from spotscope.pipeline._recipe import Recipe
    from spotscope.pipeline.analyses._step import Finding

__all__ = ["as_command", "as_python"]

#: Bytes of one word of a command: a shell takes 128 KB; what is longer goes through a file.
_LONGEST = 100_000


def as_command(
    session: Session,
    upto: str | None = None,
    *,
    out: str = "OUT",
    findings: Sequence[Finding] = (),
) -> str:
    """Commands for a POSIX shell that do again what was done.

    What is too long for a word of a command is written to a file beside the folder first.

    Parameters
    ----------
    session
        With the records of its steps.
    upto
        The last step: ``sample``, ``segment``, ``type`` or ``decompose``; all by default.
    out
        Folder they write to.
    findings
        Answers whose questions are to be asked again at the end.

    Raises
    ------
    MethodError
        If sample or reference were made in memory, the step was not done, or there is no folder
        to ask.
    """
    recipe = recipe_of(session, upto)
    if findings and recipe.upto == "sample":
        raise MethodError(
            "Expected a step that writes a folder to ask, found a sample as it was opened; find "
            "its nuclei first, or copy as Python."
        )
    lines = [f"# {remark}" for remark in recipe.remarks]
    words = [*_commands(recipe, out), *(asked.command(out) for asked in asked_of(findings))]
    for number, command in enumerate(words, 1):
        lines += _spelled(command, f"{out}.{number}")
    return "\n".join(lines) + "\n"


def as_python(
    session: Session,
    upto: str | None = None,
    *,
    out: str = "OUT",
    findings: Sequence[Finding] = (),
) -> str:
    """A Python script that does again what was done; parameters as in :func:`as_command`."""
    recipe = recipe_of(session, upto)
    saves = ["from spotscope.pipeline import save_findings"] if findings else []
    lines = [*(f"# {remark}" for remark in recipe.remarks), "import spotscope", *saves, ""]
    opened = recipe.opened
    lines.append(_call("session", "read", [opened["path"]], _only(opened, "image", "mpp")))
    if recipe.alignment is not None:
        lines.append(_call("session", "align", ["session"], {}, recipe.alignment.to_json()))
    if recipe.nuclei:
        lines.append(_call("session", "take_nuclei", ["session", recipe.nuclei], {}))
    elif recipe.estimated:
        lines.append(_call("session", "estimate_cells", ["session"], {}))
    elif recipe.segment is not None:
        where = {"regions": list(recipe.regions)} if recipe.regions else {}
        lines.append(_call("session", "segment", ["session"], {**where, **recipe.segment}))
    first = recipe.before if recipe.type is not None else recipe.edits
    if first.done:
        lines.append(_call("session", "correct", ["session"], {}, first.to_json()["done"]))
    if recipe.type is not None:
        how = _only(recipe.reference, "cell_type", "labels")
        if how.get("cell_type") == "cell_type":
            del how["cell_type"]
        how |= {**_seed(recipe.seed), **recipe.type}
        counted = _only(opened, "n_cells") if recipe.segment is None else {}
        given = ["session", recipe.reference["path"]]
        lines.append(_call("typed", "type_cells", given, {**counted, **how}))
        lines.append("session = typed.session")
        if recipe.edits.done != recipe.before.done:
            edits = recipe.edits.to_json()["done"]
            lines.append(_call("session", "correct", ["session"], {}, edits, "typed.fitted"))
        if recipe.held:
            held = dict(recipe.held)
            lines.append(_call("session", "hold_types", ["session"], {}, held, "typed.fitted"))
    if recipe.decompose is not None:
        where = {"regions": list(recipe.infer_in)} if recipe.infer_in else {}
        how = {**where, **_seed(recipe.infer_seed), **recipe.decompose}
        lines.append(_call("opened", "decompose", ["session"], how))
        lines.append("session = opened.session")
    if recipe.upto != "sample":
        lines.append(f"spotscope.save(session, {out!r})")
    for asked in asked_of(findings):
        lines += asked.lines(out)
    return "\n".join(lines) + "\n"


def _commands(recipe: Recipe, out: str) -> list[list[str]]:
    opened = recipe.opened
    if recipe.upto == "sample":
        return [["spotscope", "info", str(opened["path"])]]
    if recipe.segment is None:
        words = ["spotscope", "type", str(opened["path"])]
        words += _flags(_only(opened, "mpp", "n_cells"))
        words += _of_reference(recipe)
        words += ["--out", out, *_flags(recipe.type or {}), *_flags(_seed(recipe.seed))]
        commands = [words]
    else:
        commands = [_run(recipe, out), *_edit(recipe, out)]
    if recipe.held:
        commands.append(["spotscope", "hold", out, "--held", _json(recipe.held)])
    if recipe.decompose is not None:
        words = ["spotscope", "decompose", out, *_flags(_seed(recipe.infer_seed))]
        if recipe.infer_in:
            words += ["--region", _json(recipe.infer_in)]
        commands.append([*words, *_flags(recipe.decompose)])
    return commands


def _run(recipe: Recipe, out: str) -> list[str]:
    opened = recipe.opened
    words = ["spotscope", "run", str(opened["path"]), *_flags(_only(opened, "image", "mpp"))]
    if recipe.alignment is not None:
        words += ["--align", _json(recipe.alignment.to_json())]
    if recipe.regions:
        words += ["--region", _json(recipe.regions)]
    if recipe.nuclei:
        words += ["--nuclei", recipe.nuclei]
    if recipe.estimated and (recipe.type is None or "image" in opened):
        words.append("--estimate-cells")  # or nuclei would be looked for in a picture
    first = recipe.before if recipe.type is not None else recipe.edits
    if first.done:
        words += ["--edits", _json(first.to_json()["done"])]
    if recipe.type is None:
        words += ["--steps", "segment"]
    else:
        words += _of_reference(recipe)
    words += ["--out", out, *_flags(_seed(recipe.seed))]
    return [*words, *_flags(recipe.segment or {}), *_flags(recipe.type or {})]


def _of_reference(recipe: Recipe) -> list[str]:
    words = ["--reference", recipe.reference["path"]]
    if recipe.reference.get("cell_type", "cell_type") != "cell_type":
        words += ["--cell-type", recipe.reference["cell_type"]]
    return words + _flags(_only(recipe.reference, "labels"))


def _edit(recipe: Recipe, out: str) -> list[list[str]]:
    """What was corrected after typing: some taken back, others made."""
    before, now = recipe.before.done, recipe.edits.done
    if recipe.type is None or before == now:
        return []
    same = 0
    while same < min(len(before), len(now)) and before[same] == now[same]:
        same += 1
    words = ["spotscope", "edit", out]
    if len(before) > same:
        words += ["--undo", str(len(before) - same)]
    if len(now) > same:
        words += ["--edits", _json([edit.to_json() for edit in now[same:]])]
    return [words]


def _spelled(command: list[str], stem: str) -> list[str]:
    """Lines of a command; long words are read from files that the lines before it write."""
    lines: list[str] = []
    words: list[str] = []
    for word in command:
        if word[:1] in ("[", "{") and len(word.encode()) > _LONGEST:
            path = f"{stem}.{words[-1].lstrip('-')}.json"
            lines += [f"cat > {shlex.quote(path)} <<'END'", word, "END"]
            words.append(path)
        else:
            words.append(word)
    return [*lines, shlex.join(words)]


def _flags(params: Mapping[str, Any]) -> list[str]:
    # one word each: a value may begin with a dash
    return [f"--{name.replace('_', '-')}={value}" for name, value in params.items()]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _seed(seed: int) -> dict[str, int]:
    return {"seed": seed} if seed else {}


def _only(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: mapping[name] for name in names if name in mapping}


def _call(
    result: str,
    verb: str,
    given: Sequence[str],
    named: Mapping[str, Any],
    *more: Any,
) -> str:
    """One call; of what is given, variables of the script stay as they are."""
    names = {"session"}
    words = [word if word in names else repr(word) for word in given]
    words += [word if word == "typed.fitted" else repr(word) for word in more]
    words += [f"{name}={value!r}" for name, value in named.items()]
    return f"{result} = spotscope.{verb}({', '.join(words)})"
