"""The composition roots, which alone know concrete classes: one per command."""
