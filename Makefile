# What a person runs. Each line only says which module does it; the work is in tools/.
RUN := tools/bootstrap.sh

# Odoo starts much faster with bytecode, and no other environment belongs in ours.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-tensorflow fuzz chaos fuzz-api soak check bench bench-cockpit core-tests i18n install-test mutate bulk clean distclean test-browser test-cockpit

help:  ## these lines
	@grep -E '^[a-z0-9-]+: .*##' Makefile | sed -E 's/:.*## */\t/' | expand -t 17

setup:  ## install everything that is missing (first time 5 minutes, then a second)
	@$(RUN) tools.setup

demo: setup  ## one day at the door, and a server to look around in (2 minutes after set-up)
	@.venv/bin/python -m tools.demo

test: setup  ## every check and test, two stages at a time (15 minutes after set-up); STAGES="bridge wire" runs only these
	@.venv/bin/python -m tools.run_tests $(STAGES)

test-browser: setup  ## kiosk, enrolment and HR's pages in a real browser with a fake camera (6 minutes)
	@.venv/bin/python -m tools.run_tests browser

test-cockpit: setup  ## HR's live page in a real browser (2 minutes)
	@.venv/bin/python -m pytest -q tests/browser -k cockpit

test-tensorflow: setup  ## MTCNN and DeepFace on TensorFlow (first time 5 minutes and 3.4 GB, then 5 minutes)
	@.venv/bin/python -m tools.tensorflow_tests tests/tensorflow --all

fuzz: setup  ## hostile input, MINUTES=10 for each target; TARGETS="images" runs only these
	@.venv/bin/python -m tests.fuzz.run --minutes $(or $(MINUTES),10) $(TARGETS)

chaos: setup  ## twenty gates while everything is killed and broken (10 minutes at the most; SEED=, EVENTS=)
	@.venv/bin/python -m tests.chaos.run $(if $(SEED),--seed $(SEED)) $(if $(EVENTS),--events $(EVENTS))

fuzz-api: setup  ## 10,000 hostile requests to Odoo's device API (8 minutes; SEED=, REQUESTS=)
	@.venv/bin/python -m tests.fuzz.api_run $(if $(SEED),--seed $(SEED)) $(if $(REQUESTS),--requests $(REQUESTS))

soak: setup  ## a day's work of a bridge in 5 minutes: is its memory flat, is anything left behind
	@.venv/bin/python -m tests.soak.run

i18n: setup  ## extract the addon's terms again and bring its translations up to them (a minute)
	@.venv/bin/python -m tools.i18n

check: setup  ## linters, types and import contracts (half a minute)
	@.venv/bin/python -m tools.check

bench: setup  ## measure, and compare with DeepFace (half an hour)
	@.venv/bin/python -m tests.bench.run

bench-cockpit: setup  ## HR's pages and the nightly jobs before a year of 1,000 people (12 minutes; again on the same day 6)
	@.venv/bin/python -m tests.bench.long cockpit

core-tests: setup  ## Odoo's own attendance tests with and without the addon (15 minutes)
	@.venv/bin/python -m tools.core_tests

bulk: setup  ## an import of 1,000 photos with 50 faults, also killed in the middle (5 minutes)
	@.venv/bin/python -m tests.bulk.run

install-test: setup  ## install, update and roll back a bridge for real (2 minutes)
	@HR_FACE_REAL_INSTALL=1 .venv/bin/python -m pytest -q tests/site/test_installation.py

mutate: setup  ## how much of the attendance rules their tests hold in place (15 minutes)
	@.venv/bin/python -m tools.mutate

clean:  ## stop what was started here; remove build/ and .venv (seconds)
	@/usr/bin/python3 -m tools.clean

distclean:  ## clean, and remove the cache that all clones share (seconds)
	@/usr/bin/python3 -m tools.clean --all
