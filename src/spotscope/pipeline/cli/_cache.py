"""``spotscope cache``: what is kept between sessions, how much it takes, and emptying it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spotscope.model import cache_home
from spotscope.pipeline._cache_kinds import KINDS, empty_cache, kept_in_cache

if TYPE_CHECKING:
    import argparse

    from spotscope.pipeline.cli._console import Console

NAME = "cache"
HELP = "say what is kept in your cache folder and how much it takes, or empty it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``spotscope cache``."""
    parser.add_argument(
        "--empty",
        action="store_true",
        help="remove what can be made again; what an open window looks at, work that was not "
        "saved, models and the demo sample stay",
    )


def run(args: argparse.Namespace, console: Console) -> None:
    """Print what is kept, after emptying it where that is asked."""
    if args.empty:
        done = empty_cache()
        stay = "stays" if done.n_held == 1 else "stay"
        held = f"; {done.n_held:,} in use by an open session {stay}" if done.n_held else ""
        console.say(
            f"removed {_size(done.bytes_gone)}{held}",
            removed=done.n_gone,
            removed_bytes=done.bytes_gone,
            held=done.n_held,
        )
    _table(console)


def _table(console: Console) -> None:
    lines = [f"  {'':<38} {'files':>8} {'size':>10} {'at most':>10}"]
    facts: list[dict[str, Any]] = []
    for name, entries in kept_in_cache().items():
        kind = KINDS[name]
        files, size = (sum(e.n_files for e in entries), sum(e.n_bytes for e in entries))
        most = "" if kind.most_bytes is None else _size(kind.most_bytes)
        lines.append(f"  {kind.title:<38} {files:>8,} {_size(size):>10} {most:>10}")
        facts.append({"kind": name, "files": files, "bytes": size, "most_bytes": kind.most_bytes})
    total = sum(fact["bytes"] for fact in facts)
    files = sum(fact["files"] for fact in facts)
    lines.append(f"  {'together':<38} {files:>8,} {_size(total):>10}")
    lines.append(f"  in {cache_home()}")
    console.say("\n".join(lines), cache=facts, folder=str(cache_home()))


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 10**9 else f"{n_bytes / 1e6:,.1f} MB"
