"""What the Makefile runs: set-up, servers for demo and tests, and cleaning up.

Standard library only, because most of it runs before anything is installed.
Read `setup.py` first; everything else is one of its steps or something they share.
"""
