"""What a gate says, in the languages that it speaks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from device_bridge.domain.answer import Act
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.words import WORDS

FALLBACK = "en"
LONGEST_NAME = 60
_IN_NAMES = frozenset(" '’.-")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence and the language it is in (a key of WORDS)."""

    text: str
    language: str


def phrase(key: Act | Guidance, languages: Sequence[str | None], name: str | None = None) -> Phrase:
    """The sentence for `key` in the first of `languages` that the gate speaks.

    Args:
        languages: BCP 47 tags or Odoo's codes, the preferred one first.
        name: said after a greeting; anything in it that is no name is left out.
    """
    known = (primary(one) for one in languages if one)
    language = next((one for one in known if one in WORDS), FALLBACK)
    text = WORDS[language][str(key)]
    said = spoken_name(name) if name else ""
    return Phrase(text.format(name=f" {said}" if said else ""), language)


def primary(language: str) -> str:
    """`fr` of `fr-BE` and `fr_BE`."""
    return language.replace("_", "-").partition("-")[0].lower()


def spoken_name(name: str) -> str:
    """A name as a voice may say it: letters, marks and what stands between them.

    Names come from whoever keeps the employees, and a voice has a language of commands of its
    own (phonemes in brackets, mark-up, control characters): none of it is part of a name.
    """
    text = unicodedata.normalize("NFC", name[: LONGEST_NAME * 4])
    kept = "".join(one if one in _IN_NAMES or _is_letter(one) else " " for one in text)
    return " ".join(kept.split())[:LONGEST_NAME].strip(" -.'’")


def _is_letter(one: str) -> bool:
    return unicodedata.category(one)[0] in "LM"
