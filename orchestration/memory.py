"""How much memory this process held at most since it was last asked; child processes are not in it."""

import resource
import sys
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak() -> None:
    """Starts the count over, where the system can (Linux); elsewhere the peak is that of the process so far."""
    if RESET.exists():
        RESET.write_text("5")


def peak_mb() -> int:
    """Largest resident memory since `reset_peak`, in MB."""
    if STATUS.exists():
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) / 1024)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))
