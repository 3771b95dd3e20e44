"""Without the extra [segmentation] there is no torch, and nothing to train."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]
