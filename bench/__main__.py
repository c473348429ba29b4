"""Run every benchmark in turn, each in a process of its own."""

import subprocess
import sys

BENCHMARKS = (
    "write_path",
    "cold_start",
    "imports",
    "assembly",
    "swarm_engine",
    "historic_teams",
    "reorganising",
    "permission_engine",
    "permission_load",
    "knowledge_flow",
    "extraction",
    "half_year",
    "experience",
    "knowledge_search",
    "tides",
    "fairness",
    "dispatch",
)


def main() -> int:
    codes = [subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode for name in BENCHMARKS]
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main())
