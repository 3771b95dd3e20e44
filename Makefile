# make demo   the main job on the embedded demo sample
# make test   every test
# make check  what a commit must pass: format, lint, types, rooms, tests
# Both of the first two make their own environment; nothing else is needed than Python 3.11 to 3.13.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
OUT    ?= demo
XVFB   := xvfb-run -a -s "-screen 0 1600x1000x24"

.DEFAULT_GOAL := help
.PHONY: help demo test check screenshots clean

help:
	@sed -n '1,4s/^# //p' Makefile

$(VENV)/.ready: pyproject.toml packaging/constraints.txt packaging/setup.sh packaging/debian-packages.txt
	PYTHON=$(PYTHON) VENV=$(VENV) sh packaging/setup.sh
	touch $@

demo: $(VENV)/.ready
	$(BIN)/spotscope demo --out $(OUT)

# one worker more than cores, as windows wait now and then, each on a screen of its own, where no
# other takes the keyboard; threads of their own would stand in each other's way;
# a file stays with one worker, so that what it makes once is not made by each, and long files begin;
# what is compiled is kept: reading 3,000 tests takes half as long with it
test: $(VENV)/.ready
	PYTHONDONTWRITEBYTECODE= QT_API=pyside6 OMP_NUM_THREADS=1 \
		$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations 15

check: $(VENV)/.ready
	$(BIN)/ruff format --check src tests docs
	$(BIN)/ruff check src tests docs
	$(BIN)/mypy
	$(MAKE) test

screenshots: $(VENV)/.ready
	QT_API=pyside6 $(XVFB) $(BIN)/python docs/make_screenshots.py

clean:
	rm -rf $(VENV) $(OUT)
