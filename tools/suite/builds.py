"""The builds: which folder, configured how, and what the environment of its programs is."""

import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "logs"

_UBSAN = {"UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}


@dataclass(frozen=True)
class Build:
    name: str
    options: tuple = ()
    env: dict = field(default_factory=dict)

    @property
    def folder(self):
        return ROOT / ("build" if self.name == "release" else f"build-{self.name}")

    def configure(self):
        """The command that configures, also where packages were added since the last time."""
        there = (self.folder / "build.ninja").exists()
        return ["meson", "setup", *(["--reconfigure"] if there else []), *self.options, self.folder]

    def compile(self):
        return ["ninja", "-k", "0", "-C", self.folder, "-j", str(os.cpu_count() or 1)]

    def programs(self, pattern):
        """Executables of this build, by name."""
        found = sorted(self.folder.glob(pattern))
        return [p for p in found if p.is_file() and os.access(p, os.X_OK) and not p.suffix]


# Assertions are on in every build but the release one.
_CHECKED = ("-Dbuildtype=debugoptimized", "-Db_lundef=false")

# Formulas that tests compile are kept beside the builds, not in the user's home.
_CACHE = {"TESSERA_CACHE": str(ROOT / "build" / "formulas")}

RELEASE = Build("release", env=_CACHE)
ASAN = Build("asan", (*_CHECKED, "-Db_sanitize=address,undefined"), {
    **_UBSAN, **_CACHE,
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1",
})
TSAN = Build("tsan", (*_CHECKED, "-Db_sanitize=thread"), {
    **_CACHE,
    "TSAN_OPTIONS": "halt_on_error=0:exitcode=66:second_deadlock_stack=1",
})
HOSTILE = Build("hostile", ("-Dbuildtype=debugoptimized", "-Dhostile=true"), _CACHE)
