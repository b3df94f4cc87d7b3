"""What the benchmarks of speed and of quality both write: tables, records, the machine."""

import json
import os
import platform
from pathlib import Path


def markdown(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def machine():
    """The machine in words: system, cores, processor."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    return f"{platform.system()}, {cores} CPU cores, {processor}"


def write_records(records, caption, path):
    path.write_text(json.dumps({"caption": caption, "records": records}, indent=1) + "\n")
