"""A new token and new keys: whatever is lost on the way, the bridge is never locked out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.odoo.identity import (
    Identity,
    Keys,
    Renewal,
    load,
    save,
    storage_secret_for,
)
from device_bridge.adapters.odoo.renewal import Renewer
from device_bridge.errors import CredentialsRefused, ServerUnreachable
from tests.builders import CHAIN

SECRET = b"s" * 32


class Odoo:
    """Knows tokens by their hash; `lose` answers never arrive."""

    def __init__(self, identity: Identity) -> None:
        self.valid = {Renewal(identity.token).token_sha256}
        self.sent_by = identity.token
        self.lose = 0
        self.asked: list[dict[str, Any]] = []

    def ask(self, body: dict[str, Any]) -> None:
        self.asked.append(body)
        if Renewal(self.sent_by).token_sha256 not in self.valid:
            raise CredentialsRefused("token_expired", "This token has run out.")
        self.valid.add(body["token_sha256"])
        if self.lose:
            self.lose -= 1
            raise ServerUnreachable("the cable")

    def use(self, identity: Identity) -> None:
        self.sent_by = identity.token


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    one = Identity("http://localhost:1", "db", 3, "Door", CHAIN, "fd_old", Keys.generate(), SECRET)
    save(one, tmp_path / "identity.json")
    return one


def renewer(identity: Identity, odoo: Odoo, folder: Path) -> Renewer:
    return Renewer(identity, folder / "identity.json", odoo.ask, odoo.use)


@pytest.mark.parametrize("with_keys", [False, True], ids=["token", "keys"])
def test_what_is_new_is_saved_and_used(tmp_path: Path, identity: Identity, with_keys: bool) -> None:
    odoo = Odoo(identity)
    one = renewer(identity, odoo, tmp_path)
    one.renew(with_keys=with_keys)
    kept = load(tmp_path / "identity.json")
    assert kept.token == odoo.sent_by != "fd_old"
    assert kept.token.startswith("fd_")
    assert kept.renewal is None
    assert kept.storage_secret == SECRET, "what lies on the disk stays readable"
    assert (kept.chain != CHAIN) is with_keys
    assert (kept.keys.public_signing_key() != identity.keys.public_signing_key()) is with_keys
    assert (tmp_path / "identity.json").stat().st_mode & 0o077 == 0


def test_a_lost_answer_is_repeated_word_for_word_even_by_the_next_process(
    tmp_path: Path, identity: Identity
) -> None:
    odoo = Odoo(identity)
    odoo.lose = 1
    with pytest.raises(ServerUnreachable):
        renewer(identity, odoo, tmp_path).renew(with_keys=True)
    assert odoo.sent_by == "fd_old", "nothing has changed yet"
    again = renewer(load(tmp_path / "identity.json"), odoo, tmp_path)
    again.finish()
    assert odoo.asked[0] == odoo.asked[1]
    assert load(tmp_path / "identity.json").renewal is None


def test_a_renewal_that_odoo_took_long_ago_is_finished_with_the_new_token(
    tmp_path: Path, identity: Identity
) -> None:
    odoo = Odoo(identity)
    odoo.lose = 1
    with pytest.raises(ServerUnreachable):
        renewer(identity, odoo, tmp_path).renew(with_keys=False)
    odoo.valid = {odoo.asked[0]["token_sha256"]}  # the hour is over
    renewer(load(tmp_path / "identity.json"), odoo, tmp_path).finish()
    assert load(tmp_path / "identity.json").token == odoo.sent_by != "fd_old"


def test_a_revoked_bridge_keeps_what_it_has(tmp_path: Path, identity: Identity) -> None:
    odoo = Odoo(identity)
    odoo.valid = set()
    with pytest.raises(CredentialsRefused):
        renewer(identity, odoo, tmp_path).renew(with_keys=False)
    assert odoo.sent_by == "fd_old"


def test_a_new_pairing_of_the_same_device_keeps_its_half_of_the_storage_key(
    tmp_path: Path, identity: Identity
) -> None:
    path = tmp_path / "identity.json"
    assert storage_secret_for(path, 3, "db") == SECRET
    assert storage_secret_for(path, 4, "db") != SECRET
    assert storage_secret_for(tmp_path / "none.json", 3, "db") != SECRET


def test_a_file_from_before_there_were_halves_has_one(tmp_path: Path, identity: Identity) -> None:
    path = tmp_path / "identity.json"
    save(replace(identity, storage_secret=b""), path)
    first = load(path).storage_secret
    assert len(first) == 32
    assert load(path).storage_secret == first
