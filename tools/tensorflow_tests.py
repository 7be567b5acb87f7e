"""MTCNN, FaceNet and DeepFace's TensorFlow backend on real photos, in an environment of their own.

`make test` runs the short form; `make test-tensorflow` everything.
"""

from __future__ import annotations

import subprocess
import sys

from tools import command, paths, processes, python_env, say, setup, steps
from tools.stages import result


def main() -> int:
    setup.run([steps.TENSORFLOW, steps.FACENET])
    folder, *options = sys.argv[1:]
    chosen = [] if "--all" in options else ["-m", "not long"]
    argv = [
        *(str(python_env.tensorflow_env() / "bin" / "python"), "-m", "pytest", "-q"),
        # Keras and TensorFlow warn about themselves.
        *("-o", "filterwarnings=default", "-W", "ignore::DeprecationWarning"),
        *(f"--junitxml={result('tensorflow')}", *chosen, folder),
    ]
    child = processes.popen(
        argv, cwd=paths.CLONE, env=command.environment(), stdin=subprocess.DEVNULL
    )
    try:
        code = child.wait()
    except BaseException:
        command.end(child, patience_s=60)
        raise
    processes.forget(child)
    return code


if __name__ == "__main__":
    say.run_main(main, "test-tensorflow")
