"""Parameters: one frozen pydantic model is default, range, tooltip, JSON and command-line flag."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spotscope.model._errors import ParamsError

__all__ = ["Params", "is_live", "param", "update"]

P = TypeVar("P", bound="Params")


class Params(BaseModel):
    """Base of all parameter models: frozen, no unknown names, every field titled."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def param(
    default: Any,
    *,
    title: str,
    description: str,
    live: bool = False,
    **limits: Any,
) -> Any:
    """Declare one parameter.

    Parameters
    ----------
    default
        Value when the user says nothing.
    title, description
        Label and tooltip; the description says what turning it up does, and the unit.
    live
        True when a new value needs no new fit.
    **limits
        ``ge``, ``le``, ``gt``, ``lt`` as in :func:`pydantic.Field`.
    """
    return Field(
        default,
        title=title,
        description=description,
        json_schema_extra={"live": live},
        **limits,
    )


def is_live(params: type[Params], name: str) -> bool:
    """Whether a new value of the parameter ``name`` needs no new fit."""
    extra = params.model_fields[name].json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("live"))


def update(params: P, **changes: object) -> P:
    """Return a copy with ``changes``, validated.

    Raises
    ------
    ParamsError
        If a name is unknown or a value out of its range.
    """
    kind = type(params)
    try:
        return kind.model_validate(params.model_dump() | changes)
    except ValidationError as err:
        first = err.errors()[0]
        name, found = str(first["loc"][0]) if first["loc"] else "", f"found {first['input']!r}"
        if name not in kind.model_fields:
            listed = ", ".join(kind.model_fields)
            said = f"Expected one of the parameters {listed}, found {name!r}; check the name."
        elif first["type"] in _OWN_WORDS:
            said = f"{name}: {first['msg'].partition(', ')[2]}, {found}; give another."
        else:
            wanted = _wanted(kind.model_json_schema()["properties"][name])
            said = f"Expected {wanted} for {name}, {found}; give such a value."
        raise ParamsError(said) from err


#: Kinds of error whose message is a validator's of ours.
_OWN_WORDS = ("value_error", "assertion_error")
_WORDS = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def _wanted(schema: dict[str, Any]) -> str:
    """What a value may be, from its JSON schema."""
    if "anyOf" in schema:
        return _either(list(dict.fromkeys(map(_wanted, schema["anyOf"]))))
    if "const" in schema or "enum" in schema:
        return _either([repr(value) for value in schema.get("enum", [schema.get("const")])])
    if schema.get("type") == "null":
        return "nothing"
    if schema.get("type") == "array":
        return "a list"
    kind = _WORDS.get(str(schema.get("type")), "text")
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"{kind} from {low:g} to {high:g}"
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    said = ((low, "of {:g} or more"), (high, "of at most {:g}"), (above, "above {:g}"))
    limits = [
        words.format(limit) for limit, words in (*said, (below, "below {:g}")) if limit is not None
    ]
    return " ".join([kind, *limits])


def _either(words: list[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]
