"""What the pages say can be done: links lead somewhere, commands and their flags are there."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from spotscope.pipeline.cli import build_parser

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")])
#: Pages that tell a user what to type now; the changelog and decisions speak of other days.
_NOW = {"how-to", "tutorials", "reference", "benchmarks", "weights"}
GUIDES = [p for p in PAGES if _NOW & set(p.parts) or p.name in ("README.md", "CONTRIBUTING.md")]
#: What is pointed to from elsewhere.
HOW_TO = [p for p in PAGES if {"how-to", "tutorials"} & set(p.parts)]


def anchors(page):
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


def dead_links(page):
    """Links of a page that lead nowhere, in this repository."""
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        found = target.exists() and (not anchor or anchor in anchors(target))
        dead += [] if found else [link]
    return dead


def commands(page):
    """Command lines of a page: in blocks, and in the text."""
    text = page.read_text("utf-8")
    fenced = re.findall(r"^```(?:sh)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    blocks = [line for block in fenced for line in re.findall(r"^spotscope .*$", block, re.M)]
    blocks += re.findall(r"^ {4}(spotscope .*)$", text, re.MULTILINE)
    return blocks + re.findall(r"`(spotscope [^`\n]+)`", text)


def subparsers(parser):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return action.choices
    return {}


def unknown(line):
    """What of a command line there is not: its name, or a flag."""
    line = re.sub(r"[…\[\]\\|]", " ", line)  # how the reference writes what may be left out
    parser, words = build_parser(), shlex.split(line, comments=True)[1:]
    if words[:1] == ["COMMAND"]:
        return []
    while words and words[0] in subparsers(parser):
        parser = subparsers(parser)[words.pop(0)]
    if subparsers(parser):
        return [words[0] if words else "nothing"]
    flags = {flag for action in parser._actions for flag in action.option_strings}
    asked = [word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return [word for word in asked if word not in flags]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert dead_links(page) == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_commands_of_the_guides_are_there(page):
    assert {line: lack for line in commands(page) if (lack := unknown(line))} == {}


def test_a_wrong_command_a_wrong_flag_and_a_dead_link_are_found(tmp_path):
    assert unknown("spotscope rnu OUT") == ["rnu"]
    assert unknown("spotscope run SPOTS … --imag IMG") == ["--imag"]
    assert unknown(r"spotscope hold OUT [--cells 12 \| --regoin FILE]") == ["--regoin"]
    assert unknown("spotscope run SPOTS --image IMG   # --nonsense") == []
    page = tmp_path / "page.md"
    page.write_text("# One head\n[a](#one-head) [b](#two) [c](gone.md) [d](https://x.y)", "utf-8")
    assert dead_links(page) == ["#two", "gone.md"]


def test_every_how_to_is_pointed_to_from_somewhere():
    said = "".join(page.read_text("utf-8") for page in PAGES if page.name != "CHANGELOG.md")
    assert [p.name for p in HOW_TO if f"{p.name})" not in said and f"{p.name}#" not in said] == []
