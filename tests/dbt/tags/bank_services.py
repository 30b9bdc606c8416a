"""Steps in the app, visits, bills, benefits and applications of the generated bank."""

import random
from datetime import date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
STEPS = ("login", "login_failed", "login_failed", "order_confirm", "order_placed", "risk_test_start", "risk_test_finish")


class Services:
    """A part of the generated bank; the bank gives draws, days and tables."""

    draw: random.Random
    dates: list[date]
    tables: dict[str, list[Row]]
    opened: date
    is_keen: bool

    def _app_steps(self, customer: str) -> None:
        names = ("login_failed",) if self.chance(0.2) else STEPS
        for n in range(self.draw.choice((0, 0, 2, 5, 9))):
            day = self.draw.choice(self.dates) - timedelta(days=self.draw.choice((0, 1, 1, 2, 2, 3, 4, 6, 7)))
            at = datetime(day.year, day.month, day.day, self.draw.choice((0, 0, 9, 23)), self.draw.choice((0, 30)))
            row = {"event_id": f"{customer}-s{n}", "customer_id": customer, "event_name": self.draw.choice(names),
                   "event_at": at, "event_date": day, "row_sign": 1, "known_at": self.draw.choice((day, day, self.known(day)))}
            self.tables["fct_app_step"].append(row)
            if self.chance(0.1):
                self.tables["fct_app_step"].append({**row, "row_sign": -1, "known_at": self.known(row["known_at"])})

    def _near(self) -> date:
        """A day around the opening, or at a window's edge: first weeks are looked at closely."""
        if self.is_keen:
            return self.opened + timedelta(days=3)
        return self.opened + timedelta(days=self.draw.choice((0, 3, 7, 8))) if self.chance(0.4) else self.day()

    def _signed(self, table: str, row: Row) -> None:
        self.tables[table].append({**row, "row_sign": 1})
        if self.chance(0.1):
            self.tables[table].append({**row, "row_sign": -1, "known_at": self.known(row["known_at"])})

    def _visits(self, customer: str) -> None:
        for n in range(self.draw.choice((0, 0, 1, 2, 4))):
            day = min(self._near(), self.dates[-1])
            self._signed("fct_visit", {
                "visit_id": f"{customer}-v{n}", "customer_id": customer, "visit_date": day, "known_at": self.known(day),
                "visited_at": datetime(day.year, day.month, day.day, 10, self.draw.choice((0, 0, 30))),
                "queue_minute_count": self.draw.choice((None, 0, 30, 31, 45)), "employee_id": self.draw.choice(("E1", None))})

    def _service_days(self, customer: str) -> None:
        kind = self.draw.choice(("full", "minimum", "none", "mixed"))
        for _ in range(self.draw.choice((0, 0, 2, 6))):
            day = self.day()
            paid = self.draw.choice(("full", "minimum", "part")) if kind == "mixed" else kind
            row = {"customer_id": customer, "service_date": day, "known_at": self.known(day),
                   "bill_count": int(kind != "none"), "bill_full_count": int(paid == "full"),
                   "bill_minimum_count": int(paid == "minimum"), "instalment_plan_count": self.draw.choice((0, 0, 0, 1, 2)),
                   "benefit_granted_count": self.draw.choice((0, 0, 1, 2)), "benefit_redeemed_count": self.draw.choice((0, 0, 1))}
            self.tables["fct_service_day"].append(row)
            if self.chance(0.1):
                back = {name: -value if isinstance(value, int) else value for name, value in row.items()}
                self.tables["fct_service_day"].append({**back, "known_at": self.known(row["known_at"])})

    def _applications(self, customer: str) -> None:
        for n in range(self.draw.choice((0, 0, 0, 1, 2))):
            day = self.draw.choice(self.dates) - timedelta(days=self.draw.choice((0, 2, 3, 4, 13, 14, 15)))
            for stage in self.draw.choice((("started",), ("started", "submitted"), ("review", "rejected"), ("approved",))):
                at = datetime(day.year, day.month, day.day, self.draw.choice((0, 12)), 0)
                self.tables["dim_case_version"].append({
                    "case_kind": self.draw.choice(("application", "application", "referral")), "case_id": f"{customer}-x{n}",
                    "customer_id": customer, "product_type": "card", "stage": stage, "staged_at": at, "is_late": False,
                    "changed_date": day, "known_at": day})
                day += timedelta(days=1)
