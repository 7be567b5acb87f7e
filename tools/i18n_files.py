"""The addon's .pot and .po files. Runs inside Odoo's shell, which has polib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polib
from odoo.tools.translate import trans_export

DATES = ("POT-Creation-Date", "PO-Revision-Date")


def renew(env: Any, addon: str, folder: str, languages: Sequence[str]) -> None:
    """Write `folder`/`addon`.pot from what is installed, and bring each language up to it."""
    buffer = io.BytesIO()
    trans_export(False, [addon], buffer, "po", env)
    template = polib.pofile(buffer.getvalue().decode())
    for name in DATES:
        template.metadata.pop(name, None)
    template.save(str(Path(folder, f"{addon}.pot")))
    for language in languages:
        file = Path(folder, f"{language}.po")
        known = polib.pofile(str(file)) if file.is_file() else polib.POFile()
        said = {entry.msgid: entry.msgstr for entry in known if entry.msgstr}
        renewed = polib.POFile()
        renewed.header = template.header
        renewed.metadata = {**template.metadata, "Language": language}
        for entry in template:
            if entry.msgid in said:
                renewed.append(
                    polib.POEntry(
                        msgid=entry.msgid,
                        msgstr=said[entry.msgid],
                        comment=entry.comment,
                        occurrences=entry.occurrences,
                    )
                )
        renewed.save(str(file))
        print(f"i18n: {language}: {len(renewed)} of {len(template)} terms")
