"""An ugly day, many times over: twenty gates, everything killed, nothing lost or doubled.

story     who passes which gate when, and the attendance that must come of it     (pure)
plan      what goes wrong and after how many events, from a seed                  (pure)
bridge    a process with five gates: the real pipeline, outbox and delivery
proxy     the network between: loses, repeats, delays and breaks what passes
stage     PostgreSQL, Odoo, the bridges, and what the plan does to them
run       the command: `make chaos`
"""
