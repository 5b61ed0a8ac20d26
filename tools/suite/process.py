"""Run one command: a log of all it says, a limit on its time, and nothing left behind.

A program runs in a process group of its own, without a terminal, and the whole group is killed when
the time is over or the command ends, so that a hang is a failure and no child outlives its test.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Outcome:
    status: int          # exit status; negative: the signal that ended it
    text: str            # stdout and stderr together
    seconds: float
    timed_out: bool

    def why(self):
        """Why this is no success, or an empty text."""
        if self.timed_out:
            return f"no end after {self.seconds:.0f} s"
        if self.status < 0:
            return f"ended by {signal.Signals(-self.status).name}"
        return f"exit status {self.status}" if self.status else ""


def _kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(command, log, limit_s, env=None, cwd=None):
    """Run `command`, its output in the file `log`; an Outcome."""
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    timed_out = False
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, cwd=cwd,
            start_new_session=True)
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            _kill_group(process)
            process.wait()
    text = log.read_text(errors="replace")
    return Outcome(process.returncode, text, time.monotonic() - began, timed_out)
