"""`kehu generate`: a bank's history, its nights and its truth in one folder."""

from datetime import date, timedelta
from pathlib import Path

from features.errors import KehuError
from orchestration.simulator.bank import Progress, write_days, write_history
from orchestration.simulator.spec import BankSpec
from orchestration.simulator.truth import write_truth


def generate(out: Path, customers: int, start: date, days: int, seed: int, history_months: int = 12, encoding: str = "utf-8",
             format: str = "csv", dirt: bool = True, interactions: bool = True, progress: Progress | None = None,
             effects: str = "realistic") -> dict[str, int]:
    """Writes history, `days` nights from `start` and `truth/` below `out`; returns the number of extract files and rows."""
    if days < 0:
        raise KehuError(f"{days} days", "--days 0 or more")
    spec = BankSpec(seed, customers, start, history_months, dirt, interactions, encoding, format, effects=effects)
    written = write_history(spec, out, progress)
    if days:
        nights = write_days(spec, out, start, start + timedelta(days=days - 1))
        written = {entity: written.get(entity, 0) + nights.get(entity, 0) for entity in {**written, **nights}}
    write_truth(spec, out / "truth")
    files = sum(1 for path in out.rglob("*.ctl") if "truth" not in path.parts)
    return {"files": files, "rows": sum(written.values())}
