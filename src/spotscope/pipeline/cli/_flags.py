"""Flags: the ones every command takes, and one for each parameter of a method."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from spotscope.model import update
from spotscope.pipeline._device import DEVICES

if TYPE_CHECKING:
    from spotscope.model import Params

__all__ = ["Stated", "add_common", "add_params", "existing", "nu_value", "params_from"]

P = TypeVar("P", bound="Params")


class Stated(argparse.Action):
    """Keeps a value, and that it was stated: the default may have been meant, or not thought of."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, values)
        namespace.stated = namespace.stated | {self.dest}


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the flags that every command takes."""
    parser.set_defaults(stated=frozenset())
    group = parser.add_argument_group("run")
    group.add_argument(
        "--seed", type=seed_value, default=0, action=Stated, help="of every random number (0)"
    )
    group.add_argument("--device", choices=DEVICES, default="auto", help="auto: the best there is")
    group.add_argument("--workers", type=workers_value, metavar="N", help="threads (one a core)")
    group.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster to run tiles on")
    group.add_argument("--json", action="store_true", help="machine-readable lines on stdout")


def add_params(parser: argparse.ArgumentParser, params: type[Params], title: str) -> None:
    """Add a flag for every parameter; its help is the parameter's own description."""
    group = parser.add_argument_group(title)
    for name, field in params.model_fields.items():
        if name == "nu":
            group.add_argument(
                "--nu",
                type=nu_value,
                metavar="auto|X",
                help=f"{field.description} ({field.default})",
            )
            continue
        # text in, validated by the model itself: one place knows the ranges
        group.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            metavar="X",
            help=f"{field.description} ({field.default})".replace("%", "%%"),
        )


def params_from(args: argparse.Namespace, params: type[P], base: P | None = None) -> P:
    """Build the parameters from the flags that were given, on top of ``base`` or the defaults.

    Raises
    ------
    ParamsError
        If a value is out of its range.
    """
    given: dict[str, Any] = {
        name: getattr(args, name)
        for name in params.model_fields
        if getattr(args, name, None) is not None
    }
    return update(base or params(), **given)


def nu_value(text: str) -> float | str:
    """Parse ``auto`` or a number, 0 or above."""
    if text == "auto":
        return text
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(
            f"expected 'auto' or a smoothness of 0 or more, found {text!r}"
        )
    return value


def seed_value(text: str) -> int:
    """Parse a seed, which is 0 or above."""
    if not text.strip().isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more, found {text!r}")
    return int(text)


def workers_value(text: str) -> int:
    """Parse a number of threads."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected one thread or more, found {text!r}")
    return value


def existing(text: str) -> Path:
    """Turn an argument into a path; that something is there is checked by whoever reads it."""
    if re.match(r"[a-z][a-z0-9+.-]+://", text, re.IGNORECASE):
        raise argparse.ArgumentTypeError(
            f"expected a file or folder of this machine, found the address {text!r}; download it"
        )
    return Path(text).expanduser()
