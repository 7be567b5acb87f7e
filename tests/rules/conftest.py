"""Before any test of this folder is imported, the rules are."""

from tests.rules.package import install

install()
