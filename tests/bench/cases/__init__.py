"""The benchmarks, in the order they run. A new one is a new file here and a name below.

Each runs in a process of its own, so that neither memory nor threads of one disturb
another, and has a function `measure(setup) -> Result`.
"""

NAMES = (
    "represent",
    "find",
    "face_recognition",
    "stages",
    "end_to_end",
    "search",
    "far",
    "memory",
    "threads",
    "outbox",
    "serve",
    "roll_call",
    "grabbing",
    "face_to_relay",
    "voice",
    "kiosk",
    "ingest",
    "backlog",
    "bulk",
    "isolation",
    "drain",
)

LONG = ("cockpit",)
"""Those with a make target of their own: see long.py."""
