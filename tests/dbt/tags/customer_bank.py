"""A seeded customer layer that sits on the edges: window limits, thresholds, late knowledge, corrections, retractions."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bank_products import PRODUCTS, Products
from bank_services import Services
from bank_ties import Ties

Row = dict[str, Any]
AUM_FAMILIES = ("demand", "time", "wealth", "fund", "insurance", "gold", "trust", "pension")
EDGES = (0, 1, 2, 3, 6, 7, 8, 29, 30, 31, 44, 45, 46, 58, 59, 60, 61, 89, 90, 91, 92, 93, 119, 120, 149, 152, 153, 179,
         180, 181, 364, 365, 366)
CHANNELS = ("branch", "rm_phone", "remote_rm", "ai_call", "sms", "push", "wecom", "app_inbox", "mail")
MCCS = ("5411", "5812", "5814", "5815", "4111", "3000", "8299", "8300", "9999", None)


class CustomerBank(Products, Services, Ties):
    """Rows of every customer-layer table for customers c000… as of `dates` (ascending)."""

    def __init__(self, seed: int, customers: int, dates: list[date], history_days: int = 520) -> None:
        self.draw = random.Random(seed)
        self.dates = dates
        self.history_start = (dates[-1] - timedelta(days=history_days)).replace(day=1)
        self.ids = [f"c{n:03d}" for n in range(customers)]
        self.tables: dict[str, list[Row]] = defaultdict(list)
        for customer in self.ids:
            self._customer(customer)
            self._accounts(customer)
            self._contracts(customer)
            self._transaction_days(customer)
            self._transactions(customer)
            self._app(customer)
            self._contacts(customer)
            self._credit(customer)
            self._permissions(customer)
            self._ended_contracts(customer)
            self._app_steps(customer)
            self._visits(customer)
            self._service_days(customer)
            self._applications(customer)
            self._links(customer)
        self._states()
        self._products()
        self._households()
        self._villages()

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def day(self, longest: int = 400) -> date:
        """A day at or near a window's edge before one of the dates, or anywhere."""
        back = self.draw.choice(EDGES) if self.chance(0.6) else self.draw.randrange(longest)
        return self.draw.choice(self.dates) - timedelta(days=back)

    def known(self, day: date) -> date:
        """Mostly the day itself; sometimes days or months later."""
        return day + timedelta(days=self.draw.choice((0, 0, 0, 0, 1, 3, 40)))

    def money(self, *edges: float) -> Decimal:
        """One of the edges, a cent beside it, or a heavy-tailed draw."""
        if edges and self.chance(0.5):
            return Decimal(str(self.draw.choice(edges))) + Decimal(self.draw.choice((-1, 0, 1))) / 100
        return Decimal(int(10 ** self.draw.uniform(1, 8))) / 100

    def _snapshot(self, table: str, row: Row, share: float = 1.0) -> None:
        for day in self.dates:
            if self.chance(share):
                self.tables[table].append({**row, "as_of_date": day})

    def _customer(self, customer: str) -> None:
        last = self.dates[-1]
        age = self.draw.choice((10, 17, 18, 24, 25, 30, 49, 50, 51, 59, 60, 64, 65, 75, 90, self.draw.randrange(18, 85)))
        self.is_plain = self.chance(0.22)  # alike enough to be each other's peers
        age = 40 if self.is_plain else age
        birth = last - timedelta(days=int(age * 365.25) + self.draw.choice((-31, -1, 0, 1, 2, 100)))
        opened = self.draw.choice((self.day(), self.day(), date(2012, 2, 29), date(2019, 7, 31), date(2021, 3, 30)))
        self.is_keen = self.chance(0.15)  # a newcomer who does it all in the first week
        self.opened = self.dates[0] - timedelta(days=self.draw.choice((4, 7, 70))) if self.is_keen else min(opened, self.dates[0])
        self._snapshot("customer_as_of", {
            "customer_id": customer, "source_system": "core", "birth_date": None if self.chance(0.05) else birth,
            "gender": self.draw.choice(("F", "M", None)), "city_tier": self.draw.choice((1, 2, 3, 4, None)),
            "occupation_code": self.draw.choice(("farmer", "professional", "retired", "1-01", "5", "6-02", "9", "?", None)),
            "city_code": self.draw.choice(("110000", "310000", None)), "is_county": self.draw.choice((True, False, None)),
            "opened_date": self.opened, "is_employee": self.chance(0.05), "is_deceased": False,
            "aml_status": self.draw.choice(("normal",) * 8 + ("watch", "frozen", None)),
            "legal_entity": self.draw.choice(("E1", "E2")), "risk_class": self.draw.choice(("C1", "C2", "C3", "C5", None)),
            "risk_assessed_date": None if self.chance(0.1) else min(self._near(), self.dates[0]), "currency": "CNY",
            "title": (None, "director", "shareholder", "clerk")[len(self.tables["customer_as_of"]) % 4],
            "is_legal_representative": (None, True, False)[len(self.tables["customer_as_of"]) % 3],
            "household_id": self.draw.choice((None, "H1")), "village_id": self.draw.choice((None, None, "V1", "V2", "V9")),
            "marital_declared": self.draw.choice(("single", "married", "divorced", "unknown", None)),
            "village_stage": self.draw.choice((None, "listed", "visited", "granted", "drawn")),
            **{name: self.draw.choice((True, False, None)) for name in ("is_mobile_signed", "is_sms_alert_signed",
                                                                        "is_push_token_valid", "is_push_allowed")}})

    def _accounts(self, customer: str) -> None:
        for n in range(self.draw.choice((0, 1, 1, 2, 3))):
            account: Row = {
                "account_id": f"{customer}-a{n}", "customer_id": customer, "product_id": "D1",
                "product_family": self.draw.choice(("demand", "demand", "custody", "pension")),
                "branch_id": self.draw.choice(("B1", "B2", None)), "currency": "CNY",
                "opened_date": self.draw.choice((self.opened, min(self.day(), self.dates[0]), date(2015, 1, 1))),
                "status": self.draw.choice(("open", "open", "open", "closed", "frozen"))}
            self._snapshot("account_as_of", account)
            self._account_versions(account)
        if self.chance(0.4):
            self._snapshot("rm_assignment_as_of", {"customer_id": customer, "employee_id": self.draw.choice(("RM1", None)),
                                                   "role": "rm"})

    def _account_versions(self, account: Row) -> None:
        """What led to the account's state; some were closed for a while. Of its own draw: nothing else moves."""
        draw = random.Random(account["account_id"])
        opened, row = account["opened_date"], {name: account[name] for name in ("account_id", "customer_id", "opened_date")}
        closed = self.dates[0] - timedelta(days=draw.choice((70, 120, 250)))
        steps = [(opened, "open")]
        if draw.random() < 0.3 and opened < closed:
            steps.append((closed, "closed"))
        steps.append((max(opened, self.dates[0] - timedelta(days=1)), account["status"]))
        self.tables["dim_account_version"] += [
            {**row, "status": status, "is_late": False, "changed_date": day, "known_at": day} for day, status in dict(steps).items()]

    def _contracts(self, customer: str) -> None:
        scale = self.draw.choice((300, 2000, 9900, 20000, 55000, 210000, 900000, 12000000))
        scale = 300 if self.is_plain else scale
        for n in range(self.draw.choice((0, 1, 1, 2, 3, 6))):
            product = self.draw.choice(("D1", "D1", "T1") if self.is_plain else list(PRODUCTS))
            changes = self._changes(scale, self.draw.choice((1, 2, 4)))
            self._hold(customer, f"{customer}-h{n}", product, changes)
        self._months(customer)

    def _changes(self, scale: int, count: int) -> list[tuple[date, Decimal, date]]:
        """(balance date, delta, known_at) whose running sum, in whatever order known, stays at or above zero."""
        start = self.draw.choice(self.dates) - timedelta(days=self.draw.choice((10, 40, 100, 200, 380, 500)))
        total = Decimal(int(scale * 100 * self.draw.choice((1, 1, 0.5, 1.001)))) / 100
        changes = [(start, total, start)]
        for _ in range(count - 1):
            day = max(self.day(), start)
            delta = Decimal(int(total * 100 * Decimal(self.draw.choice(("-0.24", "0.2", "-0.05", "0.333"))))) / 100
            changes.append((day, delta, max(self.known(day), start)))
        if self.chance(0.3):  # nearly everything leaves: falls, dormancy, sometimes a return
            day = max(self.day(), start)
            out = Decimal(int(total * {1: 95, 2: 70, 4: 25}[count])) / -100
            changes.append((day, out, day))
            if self.chance(0.5):
                changes.append((day + timedelta(days=70), -out, day + timedelta(days=70)))
        return changes

    def _hold(self, customer: str, contract: str, product: str, changes: list[tuple[date, Decimal, date]]) -> None:
        family, risk = PRODUCTS[product]
        start = changes[0][0]
        maturity = self.draw.choice((None, *(day + timedelta(days=n) for day in self.dates for n in (0, 1, 30, 31))))
        for day, delta, known in changes:
            self.tables["fct_balance_change"].append({"customer_id": customer, "product_family": family,
                                                      "balance_date": day, "delta_amount": delta, "known_at": known})
        for as_of in self.dates:
            value = sum((x for day, x, known in changes if day <= as_of and known <= as_of), Decimal(0))
            if value > 0:
                self.tables["holding_as_of"].append({
                    "contract_no": contract, "customer_id": customer, "product_id": product, "product_family": family,
                    "risk_level": risk, "is_aum": True, "market_value_amount": value, "start_date": start,
                    "maturity_date": maturity, "currency": "CNY", "as_of_date": as_of})
        if family != "demand":
            self._purchase(customer, contract, product, family, start, changes[0][1])

    def _purchase(self, customer: str, contract: str, product: str, family: str, start: date, amount: Decimal) -> None:
        row = {"contract_no": contract, "customer_id": customer, "product_id": product, "product_family": family,
               "purchase_date": start, "amount": amount, "row_sign": 1, "known_at": start}
        self.tables["fct_purchase"].append(row)
        if self.chance(0.1):
            self.tables["fct_purchase"].append({**row, "row_sign": -1, "known_at": self.known(start)})
        for n in range(self.draw.choice((0, 0, 0, 3, 5))):
            day = self.day(800)
            self.tables["fct_purchase"].append({**row, "contract_no": f"{contract}-p{n}", "purchase_date": day,
                                                "known_at": self.known(day)})

    def _months(self, customer: str) -> None:
        """Month rows as known at each month end; a month without money has no row."""
        changes = [r for r in self.tables["fct_balance_change"] if r["customer_id"] == customer]
        end = date(self.dates[-1].year, self.dates[-1].month, 1) - timedelta(days=1)
        while end > self.history_start:
            seen = [(r["balance_date"], r["delta_amount"], r["product_family"]) for r in changes if r["known_at"] <= end]
            daily = [sum((x for day, x, _ in seen if day <= end - timedelta(days=n)), Decimal(0)) for n in range(end.day)]
            ends = {f: sum((x for day, x, g in seen if g == f and day <= end), Decimal(0)) for f in AUM_FAMILIES}
            if any(daily) or any(ends.values()) or customer == self.ids[0]:  # one customer marks where history begins
                self.tables["fct_balance_month"].append({
                    "customer_id": customer, "month_end_date": end, "aum_end_amount": daily[0], "known_at": end,
                    "aum_average_amount": round(sum(daily) / end.day, 2),
                    **{f"{f}_end_amount": ends[f] for f in ("demand", "time", "wealth", "fund", "insurance")},
                    "other_end_amount": ends["gold"] + ends["trust"] + ends["pension"]})
            end = date(end.year, end.month, 1) - timedelta(days=1)

    def _transaction_days(self, customer: str) -> None:
        days = {self.day() for _ in range(self.draw.choice((0, 0, 1, 5, 30)))}
        if self.chance(0.08):  # a shop: receipts nearly every day
            days |= {self.dates[-1] - timedelta(days=n) for n in range(110)}
        is_paid, is_shop = self.chance(0.3), self.chance(0.3) or len(days) > 60
        for day in sorted(days):
            counts = {name: self.draw.choice((0, 0, 1)) for name in ("pension_count", "card_spend_count", "education_count",
                                                                     "securities_count")}
            counts["cross_border_count"] = int(self.chance(0.05))
            initiated, salary = self.draw.choice((0, 0, 1, 2)), int(is_paid and self.chance(0.5))
            row = {"customer_id": customer, "txn_date": day, "known_at": self.known(day), "initiated_count": initiated,
                   "initiated_amount": self.money() if initiated else 0, "salary_count": salary,
                   "external_credit_amount": self.money(50000, 1000) if self.chance(0.5) else 0,
                   "external_debit_amount": self.money(50000, 1000) if self.chance(0.4) else 0,
                   "salary_amount": self.money(5000) if salary else 0, **counts,
                   "pension_amount": self.money(9000, 18000) if counts["pension_count"] else 0,
                   "card_spend_amount": self.money() if counts["card_spend_count"] else 0,
                   "education_amount": self.money() if counts["education_count"] else 0,
                   "securities_net_amount": -self.money() if counts["securities_count"] else 0,
                   "receipt_count": int(is_shop), "txn_count": 3,
                   "dividend_amount": Decimal(1000 * (day.day % 7 == 0))}
            self.tables["fct_transaction_measure"].append(row)
            if self.chance(0.15):
                back = {k: -v if isinstance(v, int | Decimal) else v for k, v in row.items()}
                self.tables["fct_transaction_measure"].append({**back, "known_at": self.known(row["known_at"])})

    def _transactions(self, customer: str) -> None:
        has_employer = self.chance(0.3)
        for n in range(self.draw.choice((0, 3, 12))):
            day = self.day(120)
            is_credit = self.chance(0.5)
            is_employer = is_credit and has_employer
            row = {"txn_id": f"{customer}-t{n}", "customer_id": customer, "txn_date": day, "row_sign": 1,
                   "known_at": self.known(day), "amount": 8000 if self.chance(0.7) else self.money(), "is_credit": is_credit,
                   "txn_code": "salary" if is_employer and self.chance(0.6) else
                   self.draw.choice(("transfer_in", "transfer_in", "refund")) if is_credit else "consume",
                   "mcc": self.draw.choice(MCCS[:3] if self.chance(0.4) else MCCS),
                   "channel_id": self.draw.choice((*CHANNELS[:3], None)), "currency": "CNY",
                   "counterparty_type": "employer" if is_employer else "person",
                   "counterparty_id": self.draw.choice(("E1", "E2", None))}
            row["is_customer_initiated"] = row["txn_code"] != "salary"
            self.tables["fct_transaction"].append(row)
            if self.chance(0.15):
                self.tables["fct_transaction"].append({**row, "row_sign": -1, "known_at": self.known(row["known_at"])})

    def _app(self, customer: str) -> None:
        days = {self.day(200) for _ in range(self.draw.choice((0, 0, 1, 4, 15)))} | ({self._near()} if self.is_keen or self.chance(0.3) else set())
        if self.chance(0.1):
            days |= {self.draw.choice(self.dates) - timedelta(days=self.draw.randrange(30)) for _ in range(40)}
        for day in sorted(days):
            self.tables["fct_app_day"].append({
                "customer_id": customer, "event_date": day, "known_at": self.known(day), "event_count": 5,
                "session_count": self.draw.choice((0, 1, 2)), "login_count": self.draw.choice((0, 1, 1)),
                "browse_wealth_count": self.draw.choice((0, 0, 1, 2)), "browse_fund_count": self.draw.choice((0, 0, 1)),
                "browse_insurance_count": 0, "calculator_count": self.draw.choice((0, 0, 0, 1))})

    def _contacts(self, customer: str) -> None:
        channels = CHANNELS[1:4] if self.chance(0.2) else CHANNELS
        for n in range(self.draw.choice((0, 0, 1, 3, 8))):
            day = self._near() if self.chance(0.2) else self.day(60)
            row = {"contact_id": f"{customer}-k{n}", "customer_id": customer, "channel_id": self.draw.choice(channels),
                   "contacted_at": datetime(day.year, day.month, day.day, 10, n), "contact_date": day, "row_sign": 1,
                   "employee_id": self.draw.choice(("RM1", None)),
                   "is_connected": self.draw.choice((True, False, False, None)), "cost_amount": self.draw.choice((10, "0.05")),
                   "message_class": self.draw.choice(("marketing", "marketing", "service")), "known_at": self.known(day),
                   "disposition": self.draw.choice(("interested", "appointment", "refused", "no_answer", None))}
            self.tables["fct_contact"].append(row)
            if self.chance(0.1):
                self.tables["fct_contact"].append({**row, "row_sign": -1, "known_at": self.known(row["known_at"])})
        if self.chance(0.1):
            day = self.day()
            self.tables["fct_response"].append({
                "response_id": f"{customer}-r", "customer_id": customer, "response_date": day, "row_sign": 1,
                "known_at": self.known(day), "response_type": self.draw.choice(("optout", "click", "click"))})

    def _credit(self, customer: str) -> None:
        for n in range(self.draw.choice((0, 1, 1, 1) if self.is_plain else (0, 0, 1, 2))):
            activated = None if self.chance(0.3) else min(self.day(), self.dates[0])
            self._snapshot("card_as_of", {
                "card_id": f"{customer}-c{n}", "customer_id": customer, "issued_date": date(2020, 1, 1),
                "activated_date": activated, "status": self.draw.choice(("open", "open", "closed")), "currency": "CNY",
                "first_txn_date": activated and self.draw.choice((None, *(activated + timedelta(days=d) for d in (0, 30, 31)))),
                "credit_limit_amount": self.draw.choice((None, 0, 10000)), "used_limit_amount": self.draw.choice((None, 2500)),
                "quickpay_binding_count": self.draw.choice((None, 0, 2))})
        for n in range(self.draw.choice((0, 0, 0, 1, 2))):
            self._snapshot("loan_as_of", {
                "loan_id": f"{customer}-l{n}", "customer_id": customer, "status": self.draw.choice(("open", "open", "closed")),
                "loan_type": self.draw.choice(("mortgage", "consumer", "business", "farmer")), "granted_amount": 100000,
                "drawn_amount": self.draw.choice((0, 25000, 100000)), "balance_amount": self.draw.choice((0, "12345.67")),
                "overdue_day_count": self.draw.choice((None, 0, 1, 29, 30, 89, 90)), "currency": "CNY"})

    def _permissions(self, customer: str) -> None:
        for channel in (*CHANNELS, "all"):
            if self.chance(0.6 if channel != "all" else 0.1):
                self._snapshot("consent_as_of", {
                    "customer_id": customer, "purpose": self.draw.choice(("marketing", "marketing", "service")),
                    "channel": channel, "status": self.draw.choice(("granted", "granted", "refused")),
                    "is_personalised_optout": self.chance(0.03)})
        if self.chance(0.15):
            complained = min(self.day(), self.dates[0])
            self._snapshot("complaint_as_of", {
                "complaint_id": f"{customer}-p", "customer_id": customer, "complained_date": complained,
                "closed_date": self.draw.choice((None, complained + timedelta(days=2), self.dates[-1]))})
