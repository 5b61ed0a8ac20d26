"""Jobs of several processes: started by launchers that do not clean up, watched through /proc.

Every process of a job carries a word of its own in its environment, so that it is found from the moment
it is started, and an orphan is found after its launcher has gone.
"""

import ctypes
import os
import re
import signal
import subprocess
import tempfile
import time
import uuid

ENDS_S = 5.0         # what survivors have
STALL_S = 0.5        # between two looks that are some milliseconds apart
WIRES = {"shared memory": {"UCX_NET_DEVICES": "lo"},
         "TCP": {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": "lo"}}
MPI = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}
MARK = "LIVENESS_JOB"
LOG = "@LOG@"        # in a command: where the job's words go
PR_SET_PDEATHSIG = 1


def state(pid):
    """One letter of proc(5); X for a process that is not there."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def alive(pid):
    """Does the process still run?  A zombie does not."""
    return state(pid) not in "ZX"


def environment(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as f:
            words = f.read().split(b"\0")
    except OSError:
        return {}
    return dict(w.decode(errors="replace").split("=", 1) for w in words if b"=" in w)


def wait_until(happens, limit_s, every_s=0.01):
    """Did it happen in that time?  Time in which this process did not run either (a virtual machine that
    stood still) does not count, and is told."""
    now = time.monotonic()
    until = now + limit_s
    while not happens():
        before, now = now, time.monotonic()
        if now - before > STALL_S:
            print(f"# nothing ran for {now - before:.1f} s", flush=True)
            until += now - before
        if now > until:
            return False
        time.sleep(every_s)
    return True


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Job:
    """A launcher and its processes, in a process group of their own; what they say is kept."""

    def __init__(self, command, env=None):
        self.mark = uuid.uuid4().hex
        self.file = tempfile.NamedTemporaryFile("a+b")
        self.began = time.monotonic()
        self.launcher = subprocess.Popen(
            [str(w).replace(LOG, self.file.name) for w in command], stdin=subprocess.DEVNULL, stdout=self.file,
            stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent,
            env={**os.environ, **MPI, **(env or {}), MARK: self.mark})

    def text(self):
        size = os.fstat(self.file.fileno()).st_size
        return os.pread(self.file.fileno(), size, 0).decode(errors="replace")

    def processes(self):
        """All of the job that run, the launcher too."""
        numbers = [int(p) for p in os.listdir("/proc") if p.isdigit()]
        return [p for p in numbers if environment(p).get(MARK) == self.mark and alive(p)]

    def ranks(self, n, limit_s=30):
        """The process of each rank, as soon as it has one; fewer after `limit_s`, or past the end."""
        found = {}

        def look():
            for p in self.processes():
                rank = environment(p).get("PMIX_RANK")
                if rank is not None:
                    found[int(rank)] = p
            return len(found) == n or self.launcher.poll() is not None
        wait_until(look, limit_s, 0.002)
        return found

    def wait(self, limit_s):
        """The launcher's status, or None: it did not end."""
        try:
            return self.launcher.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None

    def ends(self, which, limit_s):
        """Do all ranks `which` says yes to end in that time?  (They are looked at from the beginning.)"""
        seen = {}

        def over():
            for p in self.processes():
                rank = environment(p).get("PMIX_RANK")
                if rank is not None and which(int(rank)):
                    seen[int(rank)] = p
            return bool(seen) and not any(alive(p) for p in seen.values())
        return wait_until(over, limit_s)

    def orphans(self, limit_s=ENDS_S):
        """Who is left when the launcher has gone?"""
        wait_until(lambda: not self.processes(), limit_s)
        return self.processes()

    def close(self):
        """Nothing of it stays."""
        for p in self.processes():
            try:
                os.kill(p, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.launcher.kill()
        self.launcher.wait()
        self.file.close()


def run(command, env=None, limit_s=30):
    """Run to its end: status (None: it did not end) and all it said."""
    job = Job(command, env)
    try:
        status = job.wait(limit_s)
        left = job.orphans() if status is not None else []
        text = job.text()
        return status, text + (f"\norphans: {left}" if left else "")
    finally:
        job.close()


def mpirun(n, command, *words):
    return ["mpirun", *words, "-n", n, *command]


def launchers(children):
    """Launchers that let the others live when one dies: name -> function (n, command) -> command."""
    def recovering(n, command):
        # stderr goes past mpirun, which drops words when it is hurt itself
        return mpirun(n, ["sh", "-c", f'exec "$0" "$@" 2>>{LOG}', *command], "--enable-recovery")
    return {"mpirun --enable-recovery": recovering,
            "plain children": lambda n, c: [children, n, *c]}


def say(name, why):
    """One test's line; 1 if it failed."""
    why = re.sub(r"\s*\n\s*", " / ", why.strip()) if why else why
    print(f"not ok {name} {why}" if why else f"ok {name}", flush=True)
    return 1 if why else 0
