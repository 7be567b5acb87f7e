"""Stand-ins for hardware and server; each passes the contract tests of what it stands for."""
