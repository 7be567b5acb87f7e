"""A day of work in a few minutes: memory stays flat, no thread or file handle is left behind."""
