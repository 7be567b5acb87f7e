"""Hostile input, made up by hypothesis: each answer is a result or a typed error.

A target is a module in tests/fuzz/targets with

    NAME        what it is called on the command line
    examples()  a hypothesis strategy
    run(x)      gives x to the product; raises what the product must not

`make test` tries 500 examples of each (test_targets.py), `make fuzz` goes on for minutes (run.py).
"""
