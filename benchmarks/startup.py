"""Start-up: `ninefold --help`, a server from nothing to ready, and what it takes when idle: memory and processor.

python benchmarks/startup.py
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.server import Server


def pss(pid: int) -> int:
    """Memory of a process in bytes, shared pages counted by their share (Linux); 0 when it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def children(parent: int) -> list[int]:
    """Processes started by a process."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def postmaster(server: Server) -> int:
    """The process of the server's own PostgreSQL."""
    return int((server.data_dir / "records" / "postmaster.pid").read_text().split()[0])


def processor_seconds(server: Server) -> float:
    """What a server, its PostgreSQL and all that has ended in them took of the processors since the start."""
    ticks = 0
    for pid in (server.pid, *children(server.pid), *children(postmaster(server))):
        with suppress(FileNotFoundError, ProcessLookupError):
            facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(int(value) for value in facts[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run and print one JSON object."""
    helps: list[float] = []
    bare: list[float] = []
    for _ in range(5):
        for seconds, code in ((helps, ["-m", "ninefold", "--help"]), (bare, ["-c", "import typer, rich.console"])):
            began = time.perf_counter()
            subprocess.run([sys.executable, *code], check=True, capture_output=True)
            seconds.append(time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        starts: list[float] = []
        worked: list[float] = []
        for _ in range(2):
            began = time.perf_counter()
            server.start(cold=True)
            starts.append(time.perf_counter() - began)
            worked.append(processor_seconds(server))
            if len(starts) == 2:
                break
            server.stop()
        time.sleep(10)
        rested = processor_seconds(server)
        time.sleep(20)
        share = (processor_seconds(server) - rested) / 20
        memory = pss(server.pid)
        master = postmaster(server)
        postgres = pss(master) + sum(pss(pid) for pid in children(master))
        server.stop()
    print(
        json.dumps(
            {
                "help_seconds": round(statistics.median(helps), 2),
                "bare_typer_and_rich_seconds": round(statistics.median(bare), 2),
                "first_start_seconds": round(starts[0], 1),
                "next_start_seconds": round(starts[1], 1),
                "processor_seconds_of_first_start": round(worked[0], 1),
                "processor_seconds_of_next_start": round(worked[1], 1),
                "idle_share_of_a_core": round(share, 3),
                "idle_server_mb": round(memory / 1e6),
                "idle_postgresql_mb": round(postgres / 1e6),
            }
        )
    )


if __name__ == "__main__":
    main()
