"""Measure the budgets of the design on this machine: whole processes, several runs, beside what they are held against.

    python tools/bench.py [--size N]… [--customers N] [--sales CUSTOMERS]… [--runs N] [--only WORD]…

Ledgers are made once and kept in `.bench/` (remove that folder to make them anew). The figures go to
`.bench/report.json` and `.bench/report.md`. Nothing here passes or fails: other work on the machine
would decide it. CPU time counts all processes a command starts and is the steadier figure.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench_beside import GIT, age_program, bare_loop, git_commits  # noqa: E402
from bench_grades import graded_ledger  # noqa: E402
from bench_ledger import SALES, SHARE, BenchLedger, ledger_of  # noqa: E402
from bench_review import review_ledger  # noqa: E402

from crmctl.cli.app import COMMANDS  # noqa: E402

BENCH = ROOT / ".bench"
SIZES = (1_000, 10_000)
VISIT = [
    "on=2026-11-25", "topic=介绍", "purpose=introduce", "way=on_site", "whom=王主任", "place=院内", "minimum_goal=见面",
]  # fmt: skip
_SALES_EACH = 10
_DRIVER = "crmctl.cli.git_driver"
CARD = ["party_type=company", "source=referral", "lawful_basis=contract", "obtained_at=2026-11-22T09:00"]
# One of each sort: lists, what is due, working days, grades held, likely duplicates.
REPORTS = ("customers", "visits", "dormant", "sales", "management", "intake", "classification", "quality")
# milliseconds, DESIGN 9: idle two-core machine, keys unlocked, whole process
BUDGETS = {
    "--version": 30, "--help": 100, "show by name": 200, "show by id": 200, "list customer": 300, "list visit": 300,
    "find": 300, "add visit": 350, "add customer": 350, "update visit": 350, "due": 500, "day plan": 500,
    "grade explain": 500, "due under P23": 500, "show under P23": 200, "grade run": 10_000, "dashboard": 2000,
    **{f"report {name}": 500 for name in REPORTS},
    "check, nothing changed": 500, "check after one visit": 500, "sync of one visit": 400,
    "git diff, each side of a file": 100, "git merge, each file": 100, "review of fifty changes": 1000,
}  # fmt: skip


@dataclass
class Measure:
    """One command: what to type, how often at most, and what to do before each run, untimed."""

    name: str
    words: Sequence[str]
    before: Callable[[], object] = lambda: None
    runs: int = 1_000
    module: str = "crmctl"
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    failed: str = ""


class Bench:
    """The commands on one ledger."""

    def __init__(self, made: BenchLedger) -> None:
        self.made = made
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("CRMCTL_", "PYTHON"))}
        self.env |= {
            "CRMCTL_HOME": str(made.home), "CRMCTL_LANG": "en", "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(BENCH / "bytecode"),
        }  # fmt: skip

    def run(self, words: Sequence[str], module: str = "crmctl") -> tuple[float, float, str]:
        """Milliseconds on the clock and of all processors, and what went wrong."""
        with tempfile.TemporaryFile() as errors:
            before, started = _spent(), time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-m", module, *words], cwd=self.made.path, env=self.env, check=False,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
            wall, cpu = time.perf_counter() - started, _spent() - before
            errors.seek(0)
            said = errors.read().decode("utf-8", "replace").strip()
        return wall * 1000, cpu * 1000, said if done.returncode not in {0, 1} else ""

    def measures(self) -> Iterator[Measure]:
        """What is measured, in order; a command that does not exist yet is left out."""
        name, visit = self.made.sample["name"][0], self.made.sample["visit"][0]
        other = self.made.sample["visit"][-1]
        add = ["add", "visit", "-c", name, *_sets(VISIT)]
        yield Measure("--version", ["--version"])
        yield Measure("--help", ["--help"])
        yield Measure("show by name", ["show", name])
        yield Measure("show by id", ["show", visit])
        yield Measure("list customer", ["list", "customer"])
        yield Measure("list visit", ["list", "visit", "--limit", "100"])
        yield Measure("find", ["find", name[:4]])
        yield Measure("add visit", add)
        yield Measure("list visit after one visit", ["list", "visit", "--limit", "100"], lambda: self.run(add))
        yield Measure(
            "add customer", ["add", "customer", "--set", f"name=新客户{os.getpid()}", *_sets(CARD), "--dry-run"]
        )
        yield Measure("update visit", ["update", other, "--set", "topic=另谈"], self._another_topic(other))
        yield Measure("due", ["due"])
        yield Measure("check, nothing changed", ["check"])
        yield Measure("check after one visit", ["check"], lambda: self.run(add))
        yield Measure("sync of one visit", ["sync"], self._before_sync(add))
        card, path = self._a_card()
        yield Measure("git diff, each side of a file", ["show", str(card)], module=_DRIVER)
        yield Measure("git merge, each file", ["merge", *self._three_cards(card, path), path], module=_DRIVER)
        yield Measure("cold: list visit", ["list", "visit", "--limit", "1"], self._forget, 2)
        yield Measure("cold: show by name", ["show", name], self._forget, 2)
        yield Measure("cold: check", ["check"], self._forget, 1)

    def grading(self) -> Iterator[Measure]:
        """Grading alone."""
        name = next(name for name in self.made.sample["name"] if _east(name))
        yield Measure("grade run", ["grade", "run", "--dry-run", "--department", "east"])
        yield Measure("grade explain", ["grade", "explain", name, "--department", "east"])
        yield Measure("grade caps", ["grade", "caps", "--department", "east"])

    def graded(self) -> Iterator[Measure]:
        """What is measured under a policy with grades, and reports over all of it."""
        name = next(name for name in self.made.sample["name"] if _east(name))
        yield Measure("show under P23", ["show", name])
        yield from self.grading()
        yield Measure("due under P23", ["due"])
        yield Measure("due --team under P23", ["due", "--team"])
        yield Measure("dashboard", ["report", "dashboard", "--department", "east"])
        for report in REPORTS:
            yield Measure(f"report {report}", ["report", report, "--department", "east", "--format", "csv"])
        yield Measure("cold: grade run", ["grade", "run", "--dry-run", "--department", "east"], self._forget, 1)

    def _a_card(self) -> tuple[Path, str]:
        """A sealed card beside the ledger, as Git hands it over, and its path."""
        listed = subprocess.run(
            [GIT, "ls-tree", "-r", "main", "--", "customers"], cwd=self.made.path, capture_output=True, check=True
        ).stdout.decode()
        oid, path = next(line.split()[2:] for line in listed.splitlines() if line.endswith("customer.yaml.age"))
        content = subprocess.run([GIT, "cat-file", "blob", oid], cwd=self.made.path, capture_output=True, check=True)
        card = self.made.folder / "card.age"
        card.write_bytes(content.stdout)
        return card, path

    def _three_cards(self, card: Path, path: str) -> list[str]:
        """The same card as two sides changed it: base, ours (another note), theirs (another address)."""
        dossier = path.split("/")[2]
        sides = [self.made.folder / f"card-{side}.age" for side in ("base", "ours", "theirs")]
        shutil.copyfile(card, sides[2])
        for side, change in ((sides[0], "address"), (sides[1], "note")):
            self.run(["update", dossier, "--set", f"{change}={time.time_ns()}"])
            sealed = subprocess.run(
                [GIT, "cat-file", "blob", f"main:{path}"], cwd=self.made.path, capture_output=True, check=True
            )
            side.write_bytes(sealed.stdout)
        return [str(side) for side in sides]

    def _another_topic(self, visit: str) -> Callable[[], object]:
        return lambda: self.run(["update", visit, "--set", f"topic={time.time_ns()}"])

    def _before_sync(self, add: Sequence[str]) -> Callable[[], object]:
        server = self.made.folder / "server.git"

        def prepare() -> None:
            if not server.is_dir():
                subprocess.run([GIT, "init", "-q", "--bare", "-b", "main", str(server)], check=True)
                _quiet([GIT, "remote", "remove", "origin"], self.made.path)
                subprocess.run([GIT, "remote", "add", "origin", str(server)], cwd=self.made.path, check=True)
                self.run(["sync"])  # gives everything
                self.run(["sync"])  # proves all of it once
            self.run(add)

        return prepare

    def _forget(self) -> None:
        shutil.rmtree(self.made.path / ".git" / "crmctl" / "snapshot", ignore_errors=True)


def main() -> None:
    """Measure, print, write the report."""
    asked = _arguments()
    report: dict[str, object] = {"machine": _machine(), "sizes": {}, "sales": {}}
    for size in asked.size or (() if asked.sales else SIZES):
        made = ledger_of(BENCH, size, asked.customers or max(1, size // SHARE))
        found = _measured(made, asked.runs, asked.only)
        beside = {} if asked.only else _beside(made, found, asked.runs)
        report["sizes"][str(size)] = {  # type: ignore[index]
            "customers": made.customers, "commands": [_figures(item) for item in found], "beside": beside,
        }  # fmt: skip
    for customers in asked.sales:
        records = customers * (_SALES_EACH + 1)
        graded = graded_ledger(BENCH, records, customers, SALES)
        found = _taken(Bench(graded), Bench(graded).grading(), asked.runs, asked.only)
        report["sales"][str(records)] = {  # type: ignore[index]
            "customers": customers, "commands": [_figures(item) for item in found],
            "beside": _beside_grading(graded, found),
        }  # fmt: skip
    BENCH.mkdir(exist_ok=True)
    (BENCH / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", "utf-8")
    text = _markdown(report)
    (BENCH / "report.md").write_text(text, "utf-8")
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the budgets of the design on this machine.")
    parser.add_argument("--size", type=int, action="append", help="records in the ledger (may be given several times)")
    parser.add_argument("--customers", type=int, help="customers among them (one record in ten)")
    parser.add_argument(
        "--sales", type=int, action="append", default=[], metavar="CUSTOMERS",
        help="grading alone, over so many customers with ten sales each (may be given several times)",
    )  # fmt: skip
    parser.add_argument("--runs", type=int, default=7, help="runs of each command")
    parser.add_argument("--only", action="append", default=[], help="only measures whose name holds this word")
    return parser.parse_args()


def _measured(made: BenchLedger, runs: int, only: Sequence[str]) -> list[Measure]:
    found = _taken(Bench(made), Bench(made).measures(), runs, only)
    graded = Bench(graded_ledger(BENCH, made.records, made.customers))
    found += _taken(graded, graded.graded(), runs, only)
    review = [Measure("review of fifty changes", ["review", "list"])]
    if not only or any(word in review[0].name for word in only):
        found += _taken(Bench(review_ledger(BENCH)), review, runs, only)
    return found


def _taken(bench: Bench, measures: Iterable[Measure], runs: int, only: Sequence[str]) -> list[Measure]:
    made, found = bench.made, []
    for measure in measures:
        word = measure.words[0]
        known = word.startswith("-") or word in COMMANDS or measure.module != "crmctl"
        if not known or (only and not any(w in measure.name for w in only)):
            continue
        if not measure.name.startswith("cold"):
            bench.run(measure.words, measure.module)  # the first run fills what is kept between runs
        for _run in range(min(runs, measure.runs)):
            measure.before()
            wall, cpu, failed = bench.run(measure.words, measure.module)
            measure.wall.append(wall)
            measure.cpu.append(cpu)
            measure.failed = measure.failed or failed
        print(f"{made.records:>7} {_line(_figures(measure))}", flush=True)
        found.append(measure)
    return found


def _beside(made: BenchLedger, found: Sequence[Measure], runs: int) -> dict[str, float | None]:
    """The three yardsticks in milliseconds, and the ratios to them."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count, alone = bare_loop(made, "visits", 1)
    _count, together = bare_loop(made, "visits", cores)
    age = age_program(made, "visits")
    commit = statistics.median(git_commits(made, runs))
    median = {item.name: statistics.median(item.wall) for item in found}
    cold, add = median["cold: list visit"], median["add visit"]
    return {
        "visits": count,
        "bare loop on one core, ms": alone * 1000,
        f"bare loop on {cores} cores, ms": together * 1000,
        "bare loop, us a record on one core": alone * 1e6 / count,
        "age program, ms a record": age * 1000 if age else None,
        "git add and commit in a full checkout, ms": commit * 1000,
        "cold list visit / bare loop on all cores (design: 1.3)": cold / (together * 1000),
        "add visit / git add and commit": add / (commit * 1000),
        "age program for all visits / cold list visit": age * count * 1000 / cold if age else None,
        "warm list visit / bare loop on all cores": median["list visit"] / (together * 1000),
    }


def _beside_grading(made: BenchLedger, found: Sequence[Measure]) -> dict[str, float | None]:
    """What a grading without a snapshot would do first: open every sale of the ledger."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count, together = bare_loop(made, "transactions", cores)
    run = statistics.median(next(item for item in found if item.name == "grade run").wall)
    return {
        "files of sales": count,
        f"bare loop over them on {cores} cores, ms": together * 1000,
        "bare loop / grade run": together * 1000 / run,
    }


def _figures(measure: Measure) -> dict[str, object]:
    wall, cpu = sorted(measure.wall), sorted(measure.cpu)
    return {
        "name": measure.name, "runs": len(wall), "budget": BUDGETS.get(measure.name), "failed": measure.failed,
        "wall": [round(wall[0]), round(statistics.median(wall)), round(wall[-1])],
        "cpu": [round(cpu[0]), round(statistics.median(cpu)), round(cpu[-1])],
    }  # fmt: skip


def _line(figures: dict[str, object]) -> str:
    wall, cpu = figures["wall"], figures["cpu"]
    budget = f"budget {figures['budget']}" if figures["budget"] else ""
    return f"{figures['name']:<28} wall {wall} cpu {cpu} {budget} {figures['failed']}".rstrip()


def _machine() -> dict[str, object]:
    pairs = {"python": platform.python_version(), "system": platform.system(), "cores": os.cpu_count()}
    bare = [_timed([sys.executable, "-c", "pass"]) for _run in range(5)]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    git = subprocess.run([GIT, "version"], capture_output=True, text=True, check=True).stdout.strip()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return {**pairs, "git": git, "load": load, "python -c pass, ms": round(min(bare) * 1000), "started": started}


def _spent() -> float:
    """Seconds of processor time of all children that have ended, and of theirs."""
    if sys.platform == "win32":
        return 0.0
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _timed(words: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(words, check=True)
    return time.perf_counter() - started


def _east(name: str) -> bool:
    """Whether the made-up customer of this name is the department's of who measures (`bench_ledger`)."""
    return int(name[-5:]) % 4 != 0


def _markdown(report: dict[str, object]) -> str:
    lines = ["# Measured", "", ", ".join(f"{name} {value}" for name, value in report["machine"].items()), ""]  # type: ignore[attr-defined]
    for size, found in [*report["sizes"].items(), *report["sales"].items()]:  # type: ignore[attr-defined]
        lines += [f"## {size} records, {found['customers']} customers", ""]
        lines += [
            "| | budget | min | median | max | CPU min | CPU median | runs |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for item in found["commands"]:
            wall, cpu = item["wall"], item["cpu"]
            note = f" (failed: {item['failed'].splitlines()[0]})" if item["failed"] else ""
            numbers = [item["budget"] or "", *wall, cpu[0], cpu[1], item["runs"]]
            lines.append(f"| {item['name']}{note} | {' | '.join(map(str, numbers))} |")
        lines += ["", *(f"* {name}: {_rounded(value)}" for name, value in found["beside"].items()), ""]
    return "\n".join(lines)


def _rounded(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _sets(pairs: Sequence[str]) -> list[str]:
    return [word for pair in pairs for word in ("--set", pair)]


def _quiet(words: Sequence[str], where: Path) -> None:
    subprocess.run(words, cwd=where, capture_output=True, check=False)


if __name__ == "__main__":
    main()
