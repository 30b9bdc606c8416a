"""The shelf of the generated bank, and contracts that matured or were sold."""

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
PRODUCTS = {"D1": ("demand", "R1"), "T1": ("time", "R1"), "CD": ("time", "R1"), "W1": ("wealth", "R2"),
            "W3": ("wealth", "R3"), "F4": ("fund", "R4"), "I1": ("insurance", None), "G1": ("gold", "R3"),
            "U1": ("trust", "R5"), "P1": ("pension", "R2"), "T2": ("time", "R1")}
RATES = {"T1": 0.02, "T2": 0.02, "CD": 0.018, "W1": 0.03, "W3": 0.04}


class Products:
    """A part of the generated bank; the bank gives draws, days and tables."""

    draw: random.Random
    dates: list[date]
    tables: dict[str, list[Row]]

    def _products(self) -> None:
        """Every product since 2020; the best time deposit leaves the shelf and the best wealth product changes within the year."""
        changes = [(product, date(2020, 1, 1), RATES.get(product), True) for product in PRODUCTS]
        changes += [("T2", self.dates[0] - timedelta(days=100), 0.02, False), ("W1", self.dates[0] - timedelta(days=60), 0.05, True)]
        self.tables["dim_product_version"] = [
            {"product_id": product, "product_family": PRODUCTS[product][0], "minimum_amount": 200000 if product == "CD" else 50,
             "expected_rate": rate, "is_on_sale": is_on_sale, "changed_date": day, "known_at": day, "is_late": False}
            for product, day, rate, is_on_sale in changes]
        self.tables["product_family_of"] = [{"product_id": product, "product_family": family}
                                            for product, (family, _) in PRODUCTS.items()]

    def _ended_contracts(self, customer: str) -> None:
        """Contracts that matured or were sold, each perhaps followed by a purchase around its end."""
        for n in range(self.draw.choice((0, 0, 0, 1, 3))):
            product = self.draw.choice(("T1", "T2", "W1", "W3", "F4", "G1", "U1"))
            end = self.day(420)
            start = end - timedelta(days=self.draw.choice((29, 30, 31, 200)))
            maturity = end + timedelta(days=self.draw.choice((0, 0, 1, 40))) if product[0] in "TWU" else None
            row = {"contract_no": f"{customer}-e{n}", "customer_id": customer, "product_id": product, "start_date": start,
                   "maturity_date": maturity, "is_late": False, "currency": "CNY"}
            known = self.known(end)
            rows = [{**row, "changed_date": start, "known_at": start, "market_value_amount": 5000},
                    {**row, "changed_date": end, "known_at": known, "market_value_amount": self.draw.choice((0, 0, 0, 10))}]
            if self.chance(0.1):  # told too late to have effect
                rows.append({**row, "changed_date": start + timedelta(days=1), "known_at": known + timedelta(days=1),
                             "market_value_amount": 0, "is_late": True})
            self.tables["dim_holding_version"] += rows
            if maturity:
                bought = min(maturity + timedelta(days=self.draw.choice((-1, 0, 3, 7, 8))), self.dates[-1])
                other = self.draw.choice(("T1", "T2", "W1", "W3"))
                self._purchase(customer, f"{customer}-n{n}", other, PRODUCTS[other][0], bought, Decimal(5000))

    def _states(self) -> None:
        """What each possible run finds: the row in force of every contract on the day before each date."""
        for day in {d - timedelta(days=1) for d in self.dates}:
            found: dict[str, Row] = {}
            for row in self.tables["dim_holding_version"]:
                if row["known_at"] <= day and not row["is_late"] and row["changed_date"] <= day:
                    found[row["contract_no"]] = {name: value for name, value in row.items() if name != "is_late"}
            self.tables["holding_state"] += [{**row, "state_date": day} for row in found.values()]
