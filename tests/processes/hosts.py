"""Two hosts on one machine: network namespaces with a cable between them, and names of their own.

A host is a process that holds a network, a name and a table of mounts, and ends with its maker; nothing
else is left behind, and nothing outside is changed. Processes enter it by nsenter and find /sys as it was
(hwloc and Slurm read it), but for its list of network devices (UCX reads that). Shared memory works across such hosts as on one: who wants the cable used says so
(UCX_TLS=tcp).
"""

import os
import signal
import subprocess
import tempfile
from pathlib import Path

import jobs

CABLE = "tsr0"
NAMES = ("tessera1", "tessera2")
ADDRESSES = ("10.231.7.1", "10.231.7.2")
OVER_CABLE = {"UCX_TLS": "tcp,self", "UCX_NET_DEVICES": CABLE}
_HOSTS = "127.0.0.1 localhost\n" + "".join(f"{a} {n}\n" for a, n in zip(ADDRESSES, NAMES))

_AGENT = """#!/bin/sh
# What mpirun takes for ssh: HOST COMMAND...
host=$1
shift
exec nsenter -t "$(cat "{folder}/$host.pid")" --net --uts --mount sh -c "$*"
"""


def why_not():
    """Why two hosts cannot be had here, or an empty text."""
    if os.geteuid() != 0:
        return "network namespaces want root"
    for tool in (["ip", "-V"], ["nsenter", "--version"], ["unshare", "--net", "--uts", "--mount", "true"]):
        try:
            if subprocess.run(tool, capture_output=True, check=False).returncode != 0:
                return f"{' '.join(tool)} fails: the machine does not allow it"
        except FileNotFoundError:
            return f"there is no {tool[0]} (tools/setup --long)"
    return ""


class TwoHosts:
    """with TwoHosts() as hosts: hosts.inside(0, command)"""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="tessera-hosts-")
        self.folder = Path(self.temporary.name)
        (self.folder / "hosts").write_text(_HOSTS)
        (self.folder / "sys").mkdir()
        (self.folder / "own").mkdir()  # another folder on each host
        agent = self.folder / "agent"
        agent.write_text(_AGENT.format(folder=self.folder))
        agent.chmod(0o755)
        self.holder = [self._hold(name) for name in NAMES]
        try:
            self._connect()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *why):
        for h in self.holder:
            h.kill()
            h.wait()
        self.temporary.cleanup()

    def _hold(self, name):
        ready = self.folder / f"{name}.ready"
        (self.folder / f"own.{name}").mkdir()
        holder = subprocess.Popen(
            ["unshare", "--net", "--uts", "--mount", "sh", "-c",
             f"hostname {name} && mount --bind hosts /etc/hosts && mount -t sysfs sysfs sys && "
             f"mount --bind sys/class/net /sys/class/net && mount --bind own.{name} own && "
             f"ip link set lo up && touch {ready} && exec sleep infinity"], cwd=self.folder,
            stdin=subprocess.DEVNULL, preexec_fn=jobs.die_with_parent)
        (self.folder / f"{name}.pid").write_text(str(holder.pid))
        if not jobs.wait_until(ready.exists, 10):
            raise RuntimeError(f"the host {name} does not come up")
        return holder

    def _connect(self):
        one, two = (str(h.pid) for h in self.holder)
        subprocess.run(["ip", "link", "add", CABLE, "netns", one, "type", "veth",
                        "peer", "name", CABLE, "netns", two], check=True)
        for host, address in enumerate(ADDRESSES):
            for words in (["addr", "add", f"{address}/24", "dev", CABLE], ["link", "set", CABLE, "up"]):
                subprocess.run(self.inside(host, ["ip", *words]), check=True)
        self._wait_for_cable()

    def _wait_for_cable(self):
        def is_up(host):
            shown = subprocess.run(self.inside(host, ["ip", "-o", "link", "show", "dev", CABLE]),
                                   capture_output=True, text=True, check=True)
            return "state UP" in shown.stdout
        if not jobs.wait_until(lambda: is_up(0) and is_up(1), 10):
            raise RuntimeError("the cable does not come up")

    def inside(self, host, command):
        """The command, on that host."""
        return ["nsenter", "-t", str(self.holder[host].pid), "--net", "--uts", "--mount", *command]

    def cut(self):
        """Pull the cable."""
        subprocess.run(self.inside(1, ["ip", "link", "set", CABLE, "down"]), check=True)

    def mend(self):
        subprocess.run(self.inside(1, ["ip", "link", "set", CABLE, "up"]), check=True)

    def mpirun(self, per_host, command, *words):
        """mpirun on the first host, with processes on both."""
        where = ",".join(f"{name}:{per_host}" for name in NAMES)
        return self.inside(0, ["mpirun", *words, "--host", where, "--bind-to", "none", "--mca",
                               "plm_rsh_agent", str(self.folder / "agent"),
                               "-n", str(2 * per_host), *map(str, command)])


def end(process, limit_s=10):
    """End a daemon that was started by hand."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
