"""Every error a user can meet, and the one warning.

    SpotscopeError
    ├── ReadError               a file is not what it should be
    ├── WriteError              a result could not be written
    ├── MissingDependencyError  an optional package is not installed
    ├── ParamsError             a parameter is out of range or does not exist
    ├── DeviceError             the device asked for is not there
    └── MethodError             a method cannot work on these inputs

A message is one sentence in three parts: what was expected, what was found, what to do.
"""

__all__ = [
    "DeviceError",
    "MethodError",
    "MissingDependencyError",
    "NotConvergedWarning",
    "ParamsError",
    "ReadError",
    "SpotscopeError",
    "WriteError",
]


class SpotscopeError(Exception):
    """Base of all errors whose message is meant for the user, without a traceback."""


class ReadError(SpotscopeError):
    """A file or a table is not what it should be."""


class WriteError(SpotscopeError):
    """A result could not be written; what was there before is untouched."""


class MissingDependencyError(SpotscopeError):
    """An optional package is needed and not installed."""


class ParamsError(SpotscopeError):
    """A parameter is out of its range, or there is no such parameter."""


class DeviceError(SpotscopeError):
    """The device asked for is not on this machine."""


class MethodError(SpotscopeError):
    """A method cannot give an answer on these inputs."""


class NotConvergedWarning(UserWarning):
    """A solver stopped at its iteration limit; the answer is its best so far."""
