"""The command line: app has every command, the others hold one or a few each."""
