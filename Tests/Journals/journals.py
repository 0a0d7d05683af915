#!/usr/bin/env python3
"""Journals that were changed in a known way must make trees that are changed in the same way.

usage: Tests/Journals/journals.py MAILTRAIL [--shared DIRECTORY] [--seed N] [--rounds N] [--only NAME] [TEST ...]

The journals are the captures in Tests/Captures and the sample, and the labs and cases below the shared directory; where
there is none that is said. The tests, by default all:

  invariants  every expunge, copy, save and delivery line is an event or a named half of one; no id stands twice; a
              record's file is that of a name which stands in its own lines (accounting.py); also of the cases
  rename      every account, domain, folder and Message-ID has another name, printed as each daemon prints it
              (rename.py, printing.py, names.py): the tree has the other names and nothing else
  syslog      the renamed journal as a text log by rsyslog (textlog.py) tells the same
  stretch     the gaps between lines are a tenth to twenty times as long, or seconds (stretch.py): only times change
  weave       two journals shuffled into one (weave.py), on one host and as two hosts: the tree is the union
  strangers   failed logins, refused mail with hostile names, mail under Message-IDs that others use, shuffled in
              (strangers.py): every other record stays

Each needs nothing but the program and systemd-journal-remote. The seed is fixed (1); `--seed 7 --rounds 20` tries the
seeds 7 to 26, and prints the seed of what it finds. `--only` takes a part of a journal's name: `--only cyrus rename`.
What cannot be equal is listed with its reason in relabel.py (is_allowed) and weave.py (is_shared). Exit status: 0 all
held, 1 something did not, 2 nothing could be run.
"""

import argparse
import collections
import concurrent.futures
import itertools
import multiprocessing
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../Helpers"))
import journal  # noqa: E402
import scenario  # noqa: E402
from accounting import Accounts  # noqa: E402
from compare import told  # noqa: E402
from export_format import REMOTE  # noqa: E402
from processes import Failed, temporary_directory  # noqa: E402
from relabel import Relabelling  # noqa: E402
from strangers import with_strangers  # noqa: E402
from stretch import stretching  # noqa: E402
from textlog import by_rsyslog  # noqa: E402
from weave import weaving  # noqa: E402

TESTS = ("invariants", "rename", "syslog", "stretch", "weave", "strangers")
SHOWN = 12

# What is not tried: each by test and journal, with the reason.
EXCLUDED = {
    # The case sets rules.containers, a key that the program does not have.
    ("invariants", "cases/public/41-container-journald-driver"),
    # With +all Exim writes ` PRX=` behind a login, and a new name may hold what stands in front of it; a recipient whose
    # quotes hold a blank becomes two words of `for`.
    ("rename", "exim-courier/dev-all"),
    # Two failed logins of one burst: the last of them, whose reason is told, is another at other times.
    ("stretch", "dovecot-postfix/dev"),
    # The sum of a purge is told by itself when its messages' lines come more than seconds earlier.
    ("stretch", "real-cyrus-purge"),
}


def invariants(one, replayer, seed, labs):
    yield from Accounts(one.entries, one.tree(replayer)).faults()


def rename(one, replayer, seed, labs):
    relabelled = Relabelling(one, replayer, seed)
    yield from map(str, relabelled.differences())
    yield from doubled(relabelled.found)


def syslog(one, replayer, seed, labs):
    differences, found = by_rsyslog(one, replayer, seed)
    yield from map(str, differences)
    yield from doubled(found)


def stretch(one, replayer, seed, labs):
    differences, found = stretching(one, replayer, seed)
    yield from map(str, differences)
    yield from doubled(found)


def weave(one, replayer, seed, labs):
    """With itself under other names; with the next lab on the same host, and as two hosts."""
    other = labs[(labs.index(one) + seed) % len(labs)]
    for mate, together in ((one, True), (other, True), (other, False)):
        parted, common = weaving(one, mate, replayer, seed, together)
        where = f"with {mate.name}{'' if together else ' on a host of its own'}"
        yield from (f"{what} {where}: {shown(record)}" for what, record in parted)
        yield from doubled(common)


def strangers(one, replayer, seed, labs):
    changed, found = with_strangers(one, replayer, seed)
    yield from (f"{what}: {shown(record)}" for what, record in changed)
    yield from doubled(found)


def doubled(records):
    return (f"an id twice: {ident}" for ident in journal.doubled_ids(records))


def shown(record):
    return f"{record['time']} {record['kind']} ({record['rule']}) {told(record)}"


# What is tried: test, journal, seed and the journals beside it. Processes that try it are forked with the list.
JOBS = []


def tried(number, binary):
    """The faults of one test of one journal, as texts."""
    test, one, seed, labs = JOBS[number]
    with temporary_directory("journals") as directory:
        try:
            return list(globals()[test](one, journal.Replayer(binary, directory), seed, labs))
        except Failed as error:
            return [str(error)]


def jobs(arguments):
    """All that is to be tried."""
    shared = arguments.shared
    has_labs = os.path.isdir(os.path.join(shared, "labs"))
    if not has_labs:
        print(f"\n!! SKIPPED: changed journals of the labs: there is no directory {os.path.join(shared, 'labs')}")
    labs, captures = list(scenario.labs(shared)) if has_labs else [], list(scenario.captures())
    cases = list(scenario.cases(shared)) if "invariants" in arguments.tests and has_labs else []
    beside = {"invariants": captures + cases, "rename": captures, "stretch": captures}
    for test in arguments.tests:
        rounds = 1 if test == "invariants" else arguments.rounds
        for one in labs + beside.get(test, []):
            is_tried = arguments.only in one.name and (test, one.name) not in EXCLUDED
            seeds = range(arguments.seed, arguments.seed + rounds) if is_tried else ()
            yield from ((test, one, seed, labs) for seed in seeds)


def report(test, one, seed, faults):
    """Says what one test found. True if that is nothing."""
    if not faults:
        return True
    print(f"\nFAILED: {test} of {one.name}" + ("" if test == "invariants" else f", seed {seed}") + f": {len(faults)}")
    for fault in faults[:SHOWN]:
        print("  " + fault.replace("\n", "\n  "))
    if len(faults) > SHOWN:
        print(f"  and {len(faults) - SHOWN} more")
    sys.stdout.flush()
    return False


def main():
    parser = argparse.ArgumentParser(
        usage=__doc__.split("\n\n")[1].removeprefix("usage: "),
        description=__doc__.split("\n\n")[0],
        epilog="The head of this file says more.",
    )
    parser.add_argument("binary")
    parser.add_argument("tests", nargs="*", metavar="TEST")
    parser.add_argument("--shared", default="")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_intermixed_args()
    unknown = [test for test in arguments.tests if test not in TESTS]
    if unknown:
        parser.error("no such test: " + ", ".join(unknown))
    arguments.tests = arguments.tests or TESTS
    if not REMOTE:
        parser.error("systemd-journal-remote is not here (Debian package systemd-journal-remote)")
    JOBS.extend(jobs(arguments))
    failed, sums = 0, collections.Counter(test for test, *_ in JOBS)
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        results = pool.map(tried, range(len(JOBS)), itertools.repeat(arguments.binary))
        for (test, one, seed, _), faults in zip(JOBS, results):
            failed += not report(test, one, seed, faults)
    summary = ", ".join(f"{test} {number}" for test, number in sums.items())
    print(f"\n{summary}: {len(JOBS) - failed} held, {failed} failed")
    return 2 if not JOBS else 1 if failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
