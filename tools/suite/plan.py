"""The plan: every step of tools/test, in order. A step is a command and how its output is judged.

To add a kind of test, add a function that yields its steps, and name it in `steps`. Unit suites and
plain programs need nothing here: whatever meson builds is run.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import builds
import verdict
from builds import ASAN, HOSTILE, RELEASE, ROOT, TSAN, Build

FRAMES = ROOT.parent / "shared" / "data" / "bcdi_scan54" / "frames.h5"


# mpirun as root and with more ranks than cores; UCX over TCP alone.
MPI = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
       "OMPI_MCA_rmaps_base_oversubscribe": "1", "UCX_NET_DEVICES": "lo"}
TCP = {"UCX_TLS": "tcp,self"}
# What is about ranks as threads and nothing else.
THREADS_ALONE = ("memory", "fail", "recall", "simulated")


@dataclass
class Step:
    name: str
    command: list
    judge: Callable = verdict.of_plain
    limit_s: int = 300
    env: dict = field(default_factory=dict)
    cwd: Path = ROOT
    counts: bool = True          # a build is no test: it only counts when it fails


def build_steps(build: Build):
    """Configure and compile one build."""
    yield Step(f"{build.name}: configure", build.configure(), verdict.of_status, counts=False)
    yield Step(f"{build.name}: compile", build.compile(), verdict.of_status, 1500, counts=False)


def unit_steps(build: Build, label="", env=None):
    """The Criterion suites of one build. A test may want its own SIGSEGV, hence handle_segv."""
    asan = build.env.get("ASAN_OPTIONS")
    extra = {"ASAN_OPTIONS": f"{asan}:handle_segv=0"} if asan else {}
    for program in build.programs("tests/unit_*"):
        yield Step(f"{build.name}{label}: {program.name}", [program, "--color=never"],
                   verdict.of_criterion, env={**build.env, **extra, **(env or {})})


def plain_steps(build: Build, label="", env=None):
    """The programs with a main of their own: threads, ranks, planted failures."""
    for program in build.programs("tests/program_*"):
        yield Step(f"{build.name}{label}: {program.name}", [program], limit_s=600,
                   env={**build.env, **(env or {})})


def mpirun(build: Build, n, program, *arguments, label="", limit_s=300, judge=verdict.of_status,
           env=None):
    """One program as n processes, over what UCX finds here; `env` may choose."""
    yield Step(f"{build.name}: mpirun -n {n} {Path(program).name}{label}",
               ["mpirun", "-n", n, program, *arguments], judge, limit_s,
               {**build.env, **MPI, **(env or {})})


def process_steps(long):
    """Ranks as processes: what ranks as threads are tested by, the oracle, and who dies."""
    victim = RELEASE.folder / "tests/processes/process_victim"
    if not victim.exists():
        return
    ranks = [p for p in RELEASE.programs("tests/program_ranks_*") if p.name.rsplit("_", 1)[1] not in THREADS_ALONE]
    for program in ranks:
        for n in (2, 3, 4) if program.name.endswith("frames") else (2, 4):
            yield from mpirun(RELEASE, n, program, judge=verdict.of_plain)
    oracle_program = RELEASE.folder / "tests/oracle/oracle"
    yield Step("processes: how they start", [ROOT / "tests/processes/launch", victim.parent],
               limit_s=300)
    for n in (2, 4):
        yield from mpirun(RELEASE, n, oracle_program, "--programs", 2000 if long else 60, "--seed",
                          12, "--processes", limit_s=1800)
        yield from mpirun(RELEASE, n, oracle_program, "--programs", 1000 if long else 20, "--seed",
                          14, "--processes", label=", TCP", limit_s=1800, env=TCP)
    yield Step("processes: killed, stopped, busy, wrong",
               [ROOT / "tests/processes/liveness", victim.parent, "--times", 20 if long else 1,
                "--busy", 30 if long else 5], limit_s=7200)
    if not long:
        return
    yield Step("processes: two hosts over TCP", [ROOT / "tests/processes/two_hosts", RELEASE.folder],
               limit_s=1800)
    yield Step("processes: two nodes of Slurm",
               [ROOT / "tests/processes/slurm", RELEASE.folder, "--frames", FRAMES], limit_s=1800)


def check_steps():
    """The rules of the house. `fresh` is not among them: it wants root, and half an hour."""
    for check in ("layering", "listed", "headers", "documented", "sizes", "links", "exports"):
        yield Step(f"check: {check}", [ROOT / "tools/checks" / check])
    yield Step("check: generated", [ROOT / "libs/array/generate", "--check"])
    yield Step("install: an outside project", [ROOT / "tests/install/run", RELEASE.folder])
    yield Step("oracle: its command line",
               [ROOT / "tests/oracle/command_line", RELEASE.folder / "tests/oracle/oracle"])


def oracle(build: Build, programs, seed, limit_s, *more, label="", env=None):
    """One run of the oracle over random programs."""
    program = build.folder / "tests/oracle/oracle"
    if program.exists():
        yield Step(f"{build.name}: oracle, {programs} programs, seed {seed}{label}",
                   [program, "--programs", programs, "--seed", seed, *more],
                   verdict.of_status, limit_s, {**build.env, **(env or {})})


def kept_seeds(build: Build):
    """Programs that once failed."""
    program = build.folder / "tests/oracle/oracle"
    if program.exists():
        yield Step(f"{build.name}: oracle, kept seeds",
                   [program, "--seeds", ROOT / "tests/oracle/seeds.txt"],
                   verdict.of_status, 600, build.env)


def oracle_steps(long):
    """Random programs on each build, those that once failed, and the planted faults."""
    for build in (RELEASE, ASAN, TSAN):
        yield from kept_seeds(build)
    yield from oracle(RELEASE, 20000 if long else 2000, 7, 1800)
    if long:
        yield from oracle(RELEASE, 20000, 11, 3600, "--ranks", "1-6", label=", up to 6 ranks")
    yield from oracle(ASAN, 2000 if long else 150, 11, 1800)
    yield from oracle(TSAN, 1000 if long else 100, 13, 1800)
    yield from oracle(RELEASE, 2000 if long else 150, 23, 900, "--ranks", "2-6", label=", trees of ranks",
                      env={"TESSERA_TREE": "1"})
    yield from oracle(RELEASE, 2000 if long else 150, 29, 900, "--ranks", "2-6", label=", a byte ahead",
                      env={"TESSERA_AHEAD": "1"})
    for build, programs in ((RELEASE, 4000 if long else 300), (ASAN, 300 if long else 60)):
        yield from oracle(build, programs, 19, 900, label=", each task under two cuts",
                          env={"TESSERA_CHECK": "cuts"})
    program = RELEASE.folder / "tests/oracle/oracle"
    if program.exists():
        yield Step("release: oracle, planted faults", [program, "--mutants"],
                   verdict.of_status, 900)


def example_steps():
    """Each example against its own truth; the rocking curve on real frames where they lie."""
    program = RELEASE.folder / "examples/01_rocking_curve"
    if program.exists():
        yield Step("example: 01_rocking_curve",
                   [ROOT / "tests/examples/rocking_curve", program,
                    RELEASE.folder / "tests/program_frames", FRAMES], limit_s=600, env=MPI)


def array_steps():
    """Arrays beside NumPy; the examples that stand on them on 1, 2 and 4 ranks."""
    if (RELEASE.folder / "tests/conformance/arrays").exists():
        yield Step("conformance: arrays", [ROOT / "tests/conformance/run", RELEASE.folder], limit_s=900)
    if (RELEASE.folder / "examples/02_jacobi").exists():
        yield Step("examples: arrays", [ROOT / "tests/examples/arrays", RELEASE.folder / "examples",
                                        RELEASE.folder / "numpy/bin/python"], limit_s=600, env=MPI)
    program = RELEASE.folder / "bench/arrays"
    if program.exists():
        yield Step("bench: arrays, one rank", [program, "--check"], env=RELEASE.env)
        yield from mpirun(RELEASE, 4, program, "--check", label=" --check")


def bench(name, *arguments, limit_s=300, env=None):
    """A bench as a test: small, and only whether it ends well. Figures are for who asks for them."""
    program = RELEASE.folder / "bench" / name
    if program.exists():
        yield Step(f"bench: {name}", [program, *arguments], verdict.of_status, limit_s,
                   {**RELEASE.env, **(env or {})})


def bench_steps():
    """Every bench runs, and those that check what they compute are right."""
    yield from bench("task_bench", "--steps", "200", "--repetitions", "1", "--iterations", "4")
    yield from bench("issue_cost", "--no-callgrind")
    yield from bench("stream", "--bytes", "64000000", "--repetitions", "1")
    yield from bench("soak", "--tasks", "200000")
    yield from bench("long_pasts", "--operations", "10000")
    yield from bench("simulate", "--check", "--runs", "5", "--steps", "100")


def long_steps():
    """What takes too long for every day."""
    yield from build_steps(HOSTILE)
    yield from unit_steps(HOSTILE)
    yield from plain_steps(HOSTILE)
    yield from oracle(HOSTILE, 2000, 17, 900)
    for build in (RELEASE, ASAN):
        program = build.folder / "tests/program_faults"
        if program.exists():
            yield Step(f"{build.name}: every allocation and every body fails once",
                       [program, "--all"], limit_s=1800, env=build.env)
    yield from bench("soak", "--tasks", "10000000", "--strict", limit_s=1800)
    yield from bench("long_pasts", limit_s=900)
    program = RELEASE.folder / "tests/oracle/oracle"
    if program.exists():
        # one program a process: what forks is many times slower under valgrind
        for index in range(30):
            yield Step(f"valgrind: oracle, program {index}",
                       ["valgrind", "-q", "--error-exitcode=9", program, "--only", index, "--seed", 3],
                       verdict.of_status, 120)


def steps(long):
    """All of it, built as it is reached: what is not yet compiled cannot be listed."""
    yield from build_steps(RELEASE)
    yield from check_steps()
    yield from unit_steps(RELEASE)
    yield from plain_steps(RELEASE)
    yield from process_steps(long)
    yield from example_steps()
    yield from array_steps()
    yield from bench_steps()
    yield from build_steps(ASAN)
    yield from unit_steps(ASAN)
    yield from plain_steps(ASAN)
    yield from build_steps(TSAN)
    yield from plain_steps(TSAN)
    yield from oracle_steps(long)
    if long:
        yield from long_steps()
