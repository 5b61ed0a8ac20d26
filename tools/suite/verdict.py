"""What a program's output says: how many tests passed, failed, were skipped, and which failed.

Two tongues are understood. A Criterion suite ends with a line of sums. A plain program says

    ok NAME
    not ok NAME why
    skip NAME why

for each of its tests. Either way a program that runs no test has failed, and so has one that exits
with a status, dies, hangs, or whose sanitizer speaks.
"""

import re
from dataclasses import dataclass, field

SANITIZER = re.compile(
    r"ERROR: (?:Address|Leak)Sanitizer|WARNING: ThreadSanitizer|: runtime error: "
    r"|ThreadSanitizer: \w+ on unknown address|AddressSanitizer:DEADLYSIGNAL")
CRITERION = re.compile(
    r"Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Verdict:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: list = field(default_factory=list)

    def fail(self, why, count=1):
        self.failed += count
        self.reasons.append(why)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def _sanity(verdict, outcome):
    """Failures that no test of the program may have noticed."""
    said = SANITIZER.search(outcome.text)
    if said:
        verdict.fail(f"a sanitizer said: {said.group(0).strip(' :')}", 0 if verdict.failed else 1)
    elif outcome.why() and not verdict.failed:
        verdict.fail(outcome.why())
    elif not verdict.passed + verdict.failed + verdict.skipped:
        verdict.fail("it ran no test")
    return verdict


def of_criterion(outcome):
    """The verdict on a Criterion suite. A test that crashed is among the failing ones; one that
    was skipped is in no sum."""
    text = COLOUR.sub("", outcome.text)
    verdict = Verdict(skipped=text.count("[SKIP]"))
    for _, passing, failing, crashing in CRITERION.findall(text):
        verdict.passed += int(passing)
        if int(failing):
            verdict.fail(f"{failing} failing, {crashing} of them crashing", int(failing))
    return _sanity(verdict, outcome)


def of_plain(outcome):
    """The verdict on a program that says ok, not ok, and skip."""
    verdict = Verdict()
    for line in outcome.text.splitlines():
        if line.startswith("ok "):
            verdict.passed += 1
        elif line.startswith("not ok "):
            verdict.fail(line)
        elif line.startswith("skip "):
            verdict.skipped += 1
    return _sanity(verdict, outcome)


def of_status(outcome):
    """The verdict on a command that is one test: it is well when it exits with 0."""
    return _sanity(Verdict(passed=0 if outcome.why() else 1), outcome)
