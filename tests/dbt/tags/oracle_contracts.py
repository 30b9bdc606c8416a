"""What became of contracts, and which families a customer's peers hold."""

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from oracle_money import FAMILIES, purchases

if TYPE_CHECKING:
    from oracle import View

Row = dict[str, Any]


class Shelf:
    """The bank's products: family, rate and sale on every day."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.families = {r["product_id"]: r["product_family"] for r in tables["product_family_of"]}
        self.versions = sorted(tables["dim_product_version"], key=lambda r: r["changed_date"])

    def _offered(self, day: date) -> dict[str, Row]:
        return {r["product_id"]: r for r in self.versions if max(r["changed_date"], r["known_at"]) <= day and not r["is_late"]}

    def is_best(self, product: str, day: date) -> bool:
        """Was no product of the family on sale with a higher rate that day?"""
        offered = self._offered(day)
        rates = {p: r["expected_rate"] for p, r in offered.items() if r["is_on_sale"] and r["expected_rate"] is not None
                 and r["product_family"] == self.families[product]}
        return product in rates and rates[product] == max(rates.values())

    def tags(self, view: "View", so_far: Row) -> Row:
        contracts = _in_force(view)
        ended = [r for r in contracts if r["market_value_amount"] <= 0 and (view.day - r["changed_date"]).days < 180
                 and self.families[r["product_id"]] in ("wealth", "fund", "gold", "trust")]
        early = [r for r in ended if (r["changed_date"] - r["start_date"]).days <= 30
                 and (r["maturity_date"] is None or r["changed_date"] < r["maturity_date"])]
        switches = sum(self._is_switch(view, bought, contracts) for bought in purchases(view))
        share = len(early) / len(ended) if ended else None
        offered = self._offered(view.day)
        held = [offered.get(r["product_id"], {}) for r in view.rows("holding_as_of") if r["product_family"] == "time"]
        return {"is_cd_holder": any((product.get("minimum_amount") or 0) >= 200_000 for product in held),
                "top_rate_switch_count_12m": switches, "is_motive_yield": switches >= 2,
                "early_redemption_rate_180d": share, "is_motive_liquidity": share is not None and share >= 0.5}

    def _is_switch(self, view: "View", bought: Row, contracts: list[Row]) -> bool:
        from oracle import months_back

        product, day = bought["product_id"], bought["purchase_date"]
        is_recent = day > months_back(view.day, 12) and bought["product_family"] in ("time", "wealth")
        follows = any(r["maturity_date"] and 0 <= (day - r["maturity_date"]).days <= 7 and r["product_id"] != product
                      and self.families[r["product_id"]] in ("time", "wealth") for r in contracts)
        return is_recent and follows and self.is_best(product, day)


def _in_force(view: "View") -> list[Row]:
    """The newest row of each contract; rows told too late never count."""
    found: dict[str, Row] = {}
    rows = [r for r in view.rows("dim_holding_version") if not r["is_late"]]
    for row in sorted(rows, key=lambda r: (max(r["changed_date"], r["known_at"]), r["changed_date"], r["known_at"])):
        found[row["contract_no"]] = row
    return list(found.values())


def add_product_gap(views: "list[View]", found: dict[str, Row]) -> None:
    """Peers share the asset tier and the age band; ten of them at least."""
    groups: dict[tuple[Any, Any], list[set[str]]] = defaultdict(list)
    for tag in found.values():
        groups[tag["aum_tier"], tag["age_band"]].append(set(tag["product_families"].split(",")))
    for view in views:
        tag = found[view.customer]
        peers, own = groups[tag["aum_tier"], tag["age_band"]], set(tag["product_families"].split(","))
        missing = [f for f in FAMILIES if f not in own and 100 * sum(f in held for held in peers) >= 60 * len(peers)]
        tag["product_gap"] = (",".join(missing) or "none") if len(peers) >= 10 else None
