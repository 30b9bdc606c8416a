"""The shipped strategies, shaped so that a small bank makes lists every night and every reason to leave somebody out occurs."""

from pathlib import Path

import yaml

from tests.e2e.homes import ROOT

EVERY_NIGHT = {"wave_interval_days": 1, "capacity_per_wave": 20, "window_days": 2, "expires_days": 2}
OWN = {
    # Its held customers are free for others and its contacted ones are not reserved: from the second night on they are capped.
    "honeymoon_second_product": {"control_policy": "release"},
    # A fund of risk level R3, which no customer of class C1 or C2 may be offered; few are left, so few go on a list.
    "large_inflow_fund": {"product_id": "F003", "capacity_per_wave": 6, "caps": {"contacts_30d": 1}},
    # An outcome that happens within two days, so that the third night measures something.
    "maturing_deposit_wealth": {"primary_metric": "active_txn", "caps": {"contacts_30d": 1}},
}


def write(folder: Path) -> None:
    """A strategy folder as a bank of its own would keep it."""
    for path in sorted((ROOT / "dbt_project" / "strategies").glob("*/*.yml")):
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        body.update(EVERY_NIGHT | OWN.get(body["id"], {}))
        stage = folder / body["stage"]
        stage.mkdir(parents=True, exist_ok=True)
        (stage / path.name).write_text(yaml.safe_dump(body, allow_unicode=True, sort_keys=False), encoding="utf-8")
