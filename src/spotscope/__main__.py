"""``python -m spotscope`` is the command ``spotscope``."""

import sys

from spotscope.pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())
