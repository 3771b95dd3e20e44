"""spotscope turns a tissue slide into cells one can read."""

from importlib.metadata import version

__version__ = version("spotscope")
