"""What the checks share: the tree, and how a check says its verdicts (see tools/suite/verdict.py)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PUBLIC = ROOT / "include" / "tessera"


def shown(path):
    """A path as a reader names it: from the root of the repository."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def sources(*folders, suffixes=(".c", ".h", ".inl")):
    """The C files under some folders, in name order."""
    found = []
    for folder in folders:
        found += [p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes and p.is_file()]
    return sorted(found)


def run(*command):
    """A command's exit status, and all it said."""
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def verdict(name, faults):
    """Say whether a test passed, each fault above it; True if it did."""
    for fault in faults:
        print(f"# {fault}")
    print(f"not ok {name} {len(faults)} to mend" if faults else f"ok {name}")
    return not faults


def finish(*results):
    sys.exit(0 if all(results) else 1)
