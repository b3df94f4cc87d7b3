"""Processes in which TensorFlow is imported: forked from one that has imported it and waits.

TensorFlow has not run in that one, so what is forked can run it as a fresh process can.
"""

import json
import os
import subprocess
import sys
import tempfile
import types
from pathlib import Path

# Nothing of sklstm: it reads variables of the environment, and its import is what tests look at.
_SERVER = """
import keras, sklearn.model_selection, sklearn.pipeline, tensorflow
import gc, sys
gc.freeze()
sys.path.insert(0, {folder!r})
from process_support import next_task
sys.path.remove({folder!r})
namespace = next_task()
exec(namespace.pop("code"), namespace)
"""


class ForkServer:
    """Runs code, each time in a new process with TensorFlow imported."""

    def __enter__(self):
        code = _SERVER.format(folder=str(Path(__file__).parent))
        self._errors = tempfile.TemporaryFile("w+")
        self._server = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_):
        self._server.communicate(timeout=60)
        self._errors.close()

    def run(self, code, *, env=None, cwd=None, timeout=300):
        """Run code in a new process; return what it printed, as `subprocess.run` does."""
        task = {
            "code": code, "env": dict(os.environ if env is None else env),
            "cwd": str(cwd or Path.cwd()), "timeout": timeout,
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            task["folder"] = folder
            print(json.dumps(task), file=self._server.stdin, flush=True)
            exit_code = int(self._server.stdout.readline() or self._raise())
            printed = [(Path(folder) / name).read_text("utf-8") for name in ("stdout", "stderr")]
        assert exit_code == 0, (exit_code, *printed)
        return subprocess.CompletedProcess(code, exit_code, *printed)

    def _raise(self):
        self._server.wait()
        self._errors.seek(0)
        raise RuntimeError(f"The process that forks has ended: {self._errors.read()}")


def next_task():
    """Wait for tasks and fork for each; return, in the process that was forked, what it is to run.

    This one ends when no more tasks can come.
    """
    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if not child:
            return _prepare(**task)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    sys.exit()


def _prepare(code, env, cwd, timeout, folder):
    """Make this process one that was begun with these variables, in this folder."""
    import signal

    for number, name in enumerate(("stdout", "stderr"), start=1):
        os.dup2(os.open(Path(folder) / name, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    signal.alarm(timeout)  # ends what hangs
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.code = code
    return vars(main)
