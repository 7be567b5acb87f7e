"""Whose photo a file is, by its name: a badge, an e-mail address or an external id.

``B017.jpg``, ``B017_2.jpg``, ``B017 (2).jpg`` and ``B017/anything.jpg`` are all of B017.
"""

import re

_NUMBER = re.compile(r"(?:[ _-]+\d{1,3}|[ _-]*\(\d{1,3}\))$")


def keys(path):
    """What may name the person, each once: the file's name, the same without a trailing
    number, and the folders around it. Nothing is sure until one of them is somebody's."""
    *folders, name = path.replace("\\", "/").split("/")
    stem = name.rpartition(".")[0] or name
    without = _NUMBER.sub("", stem)
    found = [stem.strip(), without.strip(), *(folder.strip() for folder in reversed(folders))]
    return list(dict.fromkeys(key for key in found if key))


def person(path, people):
    """(employee, reason): whose it is, or why that cannot be told.

    Args:
        people: {key in lower case: set of employees}; two people may share an address.

    A name that means two people ("17/18.jpg", where both are badges) means nobody: a face under
    the wrong name opens doors.
    """
    found = set().union(*(people.get(key.lower(), ()) for key in keys(path)))
    if len(found) == 1:
        return next(iter(found)), None
    return None, "ambiguous_person" if found else "unknown_person"
