"""Running programs, looking at them while they run, and directories for their files."""

import os
import subprocess
import tempfile

MEMORY = "/dev/shm"


class Failed(Exception):
    """Something could not be run."""


def run(command, environment=None, timeout=None, status=(0,)):
    """Runs a command without standard input; one that ends with another status is an error. `status` None: any may be.

    Returns the status and what was written to both outputs.
    """
    done = subprocess.run(
        [str(word) for word in command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
    )
    text = done.stdout.decode(errors="replace")
    if status is not None and done.returncode not in status:
        raise Failed(f"{' '.join(map(str, command[:2]))} ended with status {done.returncode}: {text[-2000:]}")
    return done.returncode, text


def temporary_directory(name, in_memory=False):
    """A directory that is gone at the end of its `with`. In memory, synchronizing its files costs no time."""
    where = MEMORY if in_memory and os.access(MEMORY, os.W_OK) else None
    return tempfile.TemporaryDirectory(prefix=f"mailtrail-{name}-", dir=where)


def anonymous_kibibytes(pid):
    """A process' anonymous memory: the files of a journal are mapped and cost nothing. 0 when it has ended."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("RssAnon:")), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


def processor_ticks(pid):
    """The processor time of all threads of a process, those that have ended too, in ticks of the clock."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
