"""``python -m spotscope.pipeline.cli``."""

import sys

from spotscope.pipeline.cli import main

sys.exit(main())
