"""A collector that this program runs as systemd would: with a notification socket and a watchdog."""
import os
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../Helpers"))
from processes import anonymous_kibibytes, processor_ticks, temporary_directory  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 120


class Service:
    """Starts the command; `wait_for` reads what it says to systemd (sd_notify(3))."""

    def __init__(self, command, watchdog_seconds=30, environment=None, log=None):
        self.directory = temporary_directory("benchmark")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.directory.name + "/notify")
        variables = dict(os.environ, NOTIFY_SOCKET=self.directory.name + "/notify",
                         WATCHDOG_USEC=str(watchdog_seconds * 1_000_000), **(environment or {}))
        variables.pop("WATCHDOG_PID", None)
        self.process = subprocess.Popen(command, env=variables, stderr=log)
        self.pid = self.process.pid

    def wait_for(self, state):
        """Returns the time (CLOCK_MONOTONIC) at which the state was told."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise SystemExit(f"error: the collector ended with {self.process.returncode}")
            if select.select([self.socket], [], [], 0.5)[0]:
                message = self.socket.recv(4096).decode()
                now = time.monotonic()
                if state in message.split("\n"):
                    return now
        raise SystemExit(f"error: the collector did not say {state} in {PATIENCE} s")

    def drain(self):
        """Forgets what it has said; how many messages there were."""
        count = 0
        while select.select([self.socket], [], [], 0)[0]:
            self.socket.recv(4096)
            count += 1
        return count

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.socket.close()
        self.directory.cleanup()

    # What proc(5) says of it.

    def _lines(self, path):
        try:
            with open(f"/proc/{self.pid}/{path}") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def processor_seconds(self):
        """Of all its threads, those that have ended too; in steps of a clock tick."""
        return processor_ticks(self.pid) / TICKS

    def threads_processor_seconds(self):
        """Of the threads that there are, exactly where the kernel keeps it (schedstat)."""
        return sum(int(line.split()[0]) for task in os.listdir(f"/proc/{self.pid}/task")
                   for line in self._lines(f"task/{task}/schedstat")) / 1e9

    def voluntary_switches(self):
        """How often its threads went to sleep: each time they had been woken up."""
        return sum(int(line.split()[1]) for task in os.listdir(f"/proc/{self.pid}/task")
                   for line in self._lines(f"task/{task}/status") if line.startswith("voluntary_ctxt_switches:"))

    def anonymous_kibibytes(self):
        return anonymous_kibibytes(self.pid)


def figure(name, value, unit):
    print(f'{{"name":"{name}","value":{value:.4g},"unit":"{unit}"}}' if value < 1000
          else f'{{"name":"{name}","value":{value:.0f},"unit":"{unit}"}}', flush=True)
