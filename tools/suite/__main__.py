"""tools/test, after its packages are there: run the plan, say what failed, and count."""

import argparse
import re
import sys
import time

import plan
import process
from builds import LOGS
from verdict import Verdict

TAIL_LINES = 30


def parse(argv):
    parser = argparse.ArgumentParser(prog="tools/test")
    parser.add_argument("--long", action="store_true", help="also what takes half an hour")
    parser.add_argument("--only", default="", metavar="TEXT", help="only steps whose name holds TEXT")
    parser.add_argument("--no-build", action="store_true", help="take the builds as they are")
    return parser.parse_args(argv)


def wanted(step, options):
    if not step.counts:
        return not options.no_build
    return options.only in step.name


def log_of(step):
    return LOGS / (re.sub(r"[^A-Za-z0-9]+", "-", step.name).strip("-") + ".log")


def show_failure(result, log, text):
    for why in result.reasons:
        print(f"    {why}")
    tail = text.splitlines()[-TAIL_LINES:]
    print(f"    the end of {log}:", *tail, sep="\n    | ")


def perform(step):
    """Run one step and print its line; a Verdict."""
    log = log_of(step)
    outcome = process.run(step.command, log, step.limit_s, step.env, step.cwd)
    result = step.judge(outcome)
    if not step.counts:
        result.passed = 0
    numbers = f"{result.passed} passed" if step.counts else "done"
    if result.skipped:
        numbers += f", {result.skipped} skipped"
    if result.failed:
        numbers = f"{result.failed} FAILED, " + numbers
    print(f"{'FAIL' if result.failed else 'ok  '} {step.name}: {numbers} ({outcome.seconds:.1f} s)")
    if result.failed:
        show_failure(result, log, outcome.text)
    sys.stdout.flush()
    return result


def main(argv):
    options = parse(argv)
    total = Verdict()
    began = time.monotonic()
    for step in plan.steps(options.long):
        if wanted(step, options):
            total.add(perform(step))
    print(f"{time.monotonic() - began:.0f} s")
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
