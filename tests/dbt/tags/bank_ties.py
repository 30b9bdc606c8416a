"""Consent as it changed, private-domain links, households and villages of the generated bank."""

import random
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]


class Ties:
    """A part of the generated bank; the bank gives draws, days and tables."""

    draw: random.Random
    dates: list[date]
    tables: dict[str, list[Row]]
    ids: list[str]
    opened: date
    is_keen: bool

    def _links(self, customer: str) -> None:
        if self.is_keen or self.chance(0.4):
            start = min(self._near(), self.dates[-1])
            row = {"customer_id": customer, "link_type": "employee", "link_id": "E1", "valid_from_date": start, "is_late": False}
            self.tables["dim_private_domain_version"].append({**row, "changed_date": start, "known_at": start})
            if self.chance(0.3):
                end = start + timedelta(days=self.draw.choice((1, 10, 40)))
                self.tables["dim_private_domain_version"].append({**row, "removed_date": end, "changed_date": end,
                                                                  "known_at": end})
        for channel in ("sms", "all"):
            if self.chance(0.7):
                for n, day in enumerate(sorted({self.opened, self.opened + timedelta(days=self.draw.choice((7, 8)))})):
                    self.tables["dim_consent_version"].append({
                        "customer_id": customer, "purpose": self.draw.choice(("marketing", "marketing", "service")) if not n
                        else "marketing", "channel": channel, "status": self.draw.choice(("granted", "refused")),
                        "is_late": False, "changed_date": day, "known_at": day})

    def _households(self) -> None:
        """Couples of neighbours in the list, at the month end that each date looks at."""
        ends = {day if (day + timedelta(days=1)).day == 1 else day.replace(day=1) - timedelta(days=1) for day in self.dates}
        for end in sorted(ends):
            for first, second in zip(self.ids[::3], self.ids[1::3], strict=False):
                if self.chance(0.5):
                    for customer in (first, second):
                        self.tables["household"].append({
                            "customer_id": customer, "month_end_date": end, "household_id": first, "member_count": 2,
                            "method_version": "smallest_number_5", "has_spouse": self.chance(0.6), "known_at": end,
                            "is_guardian": self.chance(0.2), "is_parent_of_adult": self.chance(0.3)})

    def _villages(self) -> None:
        day = date(2020, 1, 1)
        for village, granted, listed, since in (("V1", 10, 40, day), ("V1", 12, 40, self.dates[-1]), ("V2", 0, 0, day)):
            self.tables["dim_village_version"].append({
                "village_id": village, "granted_count": granted, "listed_count": listed, "is_late": False,
                "changed_date": since, "known_at": since})
