"""The voice: one run of espeak-ng per sentence."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Sequence

from device_bridge.errors import OutputFailed, SettingsError

PROGRAM = "espeak-ng"
_WORDS_A_MINUTE = "150"
_LONGEST_S = 10.0
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class EspeakVoice:
    """Implements ports.Voice.

    The sentence goes through standard input: it is never an argument, and espeak-ng takes
    mark-up in it for text unless asked otherwise.

    Args:
        arguments: further ones, as for writing to a file instead of a loudspeaker.

    Raises (from the constructor): SettingsError, if espeak-ng is not installed.
    """

    def __init__(self, arguments: Sequence[str] = (), program: str = PROGRAM) -> None:
        found = shutil.which(program)
        if found is None:
            raise SettingsError(f"{program} is not installed: apt-get install {PROGRAM}.")
        self._command = [found, "-b", "1", "-s", _WORDS_A_MINUTE, *arguments]
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None

    def say(self, text: str, language: str) -> None:
        if not _LANGUAGE.fullmatch(language):
            raise OutputFailed("That is no language.")
        complaints = self._run([*self._command, "-v", language, "--stdin"], text.encode())
        # without a loudspeaker espeak-ng says so and still ends with 0
        failure = next((one for one in complaints if one.lower().startswith("error")), None)
        if failure is not None:
            raise OutputFailed(f"espeak-ng cannot speak ({failure}); is a loudspeaker there?")

    def close(self) -> None:
        with self._lock:
            if self._running is not None:
                self._running.kill()

    def _run(self, command: Sequence[str], text: bytes) -> list[str]:
        """Returns what it complained of. Raises OutputFailed."""
        try:
            with self._lock:
                self._running = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            with self._running as process:
                try:
                    _, complaints = process.communicate(text, timeout=_LONGEST_S)
                except subprocess.TimeoutExpired as error:
                    process.kill()
                    raise OutputFailed("espeak-ng did not come to an end.") from error
        except OSError as error:
            raise OutputFailed(f"espeak-ng cannot be started: {error.strerror}.") from error
        finally:
            with self._lock:
                self._running = None
        return complaints.decode(errors="replace").splitlines()
