"""`make i18n`: extract the addon's terms with Odoo's own exporter, and renew its translations.

Running it twice changes nothing: the files carry no dates. The .pot has every term; a .po has those
that are translated (Odoo shows the rest in English), and loses the ones that are gone.
"""

from __future__ import annotations

from tools import paths, postgres, say
from tools.odoo_database import ADDON, OdooDatabases
from tools.odoo_server import Odoo

DATABASE = "i18n"
LANGUAGES = ("ar", "es", "fr", "hi", "vi")


def main() -> int:
    folder = paths.ADDON / "i18n"
    folder.mkdir(exist_ok=True)
    with postgres.acquire(fsync=False) as server:
        databases = OdooDatabases(Odoo(server))
        databases.create(DATABASE)
        databases.install_addon(DATABASE)
        said = databases.run(
            DATABASE,
            ["--max-cron-threads=0"],
            what="Extracting the terms",
            addons_path=[paths.CLONE],
            script=(
                f"import sys; sys.path.append({str(paths.CLONE)!r})\n"
                "from tools import i18n_files\n"
                f"i18n_files.renew(env, {ADDON!r}, {str(folder)!r}, {LANGUAGES!r})\n"
            ),
        )
        databases.drop(DATABASE)
    for line in said.splitlines():
        if line.startswith("i18n: "):
            say.note(f"  {line.removeprefix('i18n: ')}")
    return 0


if __name__ == "__main__":
    say.run_main(main, "translations")
