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
    try:
        return type(params).model_validate(params.model_dump() | changes)
    except ValidationError as err:
        first = err.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ParamsError(
            f"{name}: {first['msg']}, found {first['input']!r}; "
            f"the parameters are {', '.join(type(params).model_fields)}."
        ) from err
