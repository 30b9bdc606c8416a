"""The real files of PKDD'99, read as the canonical extracts: accounts are demand deposits, owners are the customers."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from tests.oracle.bank import Source, number, same_day

SYMBOLS = {"DUCHOD": "pension", "UROK": "interest", "SANKC. UROK": "fee", "SLUZBY": "fee", "SIPO": "utility", "POJISTNE": "insurance_premium",
           "UVER": "loan_repayment"}
OPERATIONS = {"VKLAD": "cash_in", "VYBER": "cash_out", "VYBER KARTOU": "consume", "PREVOD Z UCTU": "transfer_in", "PREVOD NA UCET": "transfer_out"}


def blank(column: pd.Series) -> pd.Series:
    return column.map(lambda value: None if not isinstance(value, str) or not value.strip() else value.strip())


@dataclass(eq=False)
class BerkaSource(Source):
    """Canonical rows made from the files that a home of source `berka` accepted."""

    def rows(self, entity: str) -> pd.DataFrame:
        made = getattr(self, f"_{entity}", None)
        return pd.DataFrame() if made is None else made

    def _raw(self, name: str) -> pd.DataFrame:
        rows = self.files("berka", name)
        return rows.assign(**{column: rows[column].map(lambda value: None if value is None else str(value))
                              for column in rows if column.endswith("_id")})

    @cached_property
    def _owned(self) -> pd.DataFrame:
        """Accounts with their owner."""
        accounts, disp = self._raw("account"), self._raw("disp")
        owner = disp[disp["type"] == "OWNER"].set_index("account_id")["client_id"]
        return accounts.assign(owner=accounts["account_id"].map(owner), opened=accounts["date"])

    @cached_property
    def _customer(self) -> pd.DataFrame:
        """Clients become customers on the day the first account opens that they own or dispose of."""
        disp, clients = self._raw("disp"), self._raw("client").set_index("client_id")
        opened = disp.assign(open_date=disp["account_id"].map(self._owned.set_index("account_id")["opened"]))
        opened = opened.sort_values("open_date").drop_duplicates("client_id")
        birth = clients["birth_number"].map(self._born)
        frame = pd.DataFrame({"customer_id": opened["client_id"], "open_date": opened["open_date"], "dt": opened["open_date"],
                              "known_at": opened["open_date"], "row_sign": 1, "birth_date": opened["client_id"].map(birth).astype("Float64"),
                              "gender": opened["client_id"].map(clients["birth_number"].map(lambda told: "F" if int(told[2:4]) > 50 else "M")),
                              "city_code": opened["client_id"].map(clients["district_id"]), "county_flag": None, "employee_flag": False,
                              "deceased_flag": False, "aml_status": "normal", "legal_rep_flag": False})
        absent = ["occupation_code", "marital_declared", "risk_class", "risk_assessed_date", "household_id", "merged_into", "title", "village_id",
                  "village_stage", "mobile_contract", "sms_alert_contract", "push_token_valid", "push_allowed", "legal_entity"]
        return frame.assign(**dict.fromkeys(absent))

    @staticmethod
    def _born(told: str) -> int:
        """YYMMDD; women have 50 added to the month."""
        return number(date(1900 + int(told[:2]), int(told[2:4]) % 50, int(told[4:6])))

    @cached_property
    def _account(self) -> pd.DataFrame:
        rows = self._owned
        return pd.DataFrame({"account_id": rows["account_id"], "customer_id": rows["owner"], "product_id": "current_account", "status": "open",
                             "branch_id": rows["district_id"], "open_date": rows["opened"], "dt": rows["opened"], "known_at": rows["known_at"]})

    @cached_property
    def _product(self) -> pd.DataFrame:
        names = ["current_account", "card_classic", "card_junior", "card_gold"]
        return pd.DataFrame({"product_id": names, "family": ["demand", "card", "card", "card"], "risk_level": None, "min_amount": None,
                             "margin_bp": None, "expected_rate": None, "on_sale": None, "dt": 0, "known_at": 0})

    @cached_property
    def _moves(self) -> pd.DataFrame:
        rows = self._raw("trans")
        rows = rows.assign(day=rows["date"].astype(int), credit=rows["type"] == "PRIJEM", k_symbol=blank(rows["k_symbol"]),
                           operation=blank(rows["operation"]), bank=blank(rows["bank"]))
        return rows.assign(owner=rows["account_id"].map(self._owned.set_index("account_id")["owner"]))

    @cached_property
    def _transaction(self) -> pd.DataFrame:
        """The symbol says more than the operation, so it decides first; then the operation; then the direction."""
        rows = self._moves
        code = rows["k_symbol"].map(SYMBOLS).fillna(rows["operation"].map(OPERATIONS))
        code = code.fillna(pd.Series(np.where(rows["credit"], "transfer_in", "transfer_out"), index=rows.index))
        other = np.where(code.isin(["interest", "fee"]), "bank", np.where(rows["bank"].notna(), "person", None))
        return pd.DataFrame({"txn_id": rows["trans_id"], "account_id": rows["account_id"], "customer_id": rows["owner"],
                             "ts": rows["day"].map(pd.Timestamp.fromordinal), "amount_cny": rows["amount"], "dr_cr": np.where(rows["credit"], "C", "D"),
                             "txn_code": code, "counterparty_type": other, "counterparty_id": None, "channel_id": None, "mcc": None,
                             "overseas_flag": False, "txn_ccy": None, "row_sign": 1, "known_at": rows["known_at"]})

    @cached_property
    def _holding(self) -> pd.DataFrame:
        """Each account is a contract worth its closing balance: the end of the day's chain of balances."""
        rows = self._moves
        step = rows["amount"].where(rows["credit"], -rows["amount"]).astype(int)
        rows = rows.assign(step=step, after=rows["balance"].astype(int), before=rows["balance"].astype(int) - step)
        found = [(account, int(day), end) for (account, day), some in rows.groupby(["account_id", "day"])
                 if (end := self._closing(some)) is not None]
        frame = pd.DataFrame(found, columns=["contract_no", "dt", "market_value_cny"])
        owned = self._owned.set_index("account_id")
        return frame.assign(customer_id=frame["contract_no"].map(owned["owner"]), start_date=frame["contract_no"].map(owned["opened"]),
                            product_id="current_account", maturity_date=None, known_at=frame["dt"])

    @staticmethod
    def _closing(day: pd.DataFrame) -> int | None:
        """The balance from which no other row of the day starts, nearest to a start plus the day's sum; none where the day returns."""
        weight: dict[int, int] = {}
        for before, after in zip(day["before"], day["after"], strict=True):
            weight[after] = weight.get(after, 0) + 1
            weight[before] = weight.get(before, 0) - 1
        ends, starts = [one for one, some in weight.items() if some > 0], [one for one, some in weight.items() if some < 0]
        total = int(day["step"].sum())
        pairs = [(abs(end - start - total), end, start) for end in ends for start in starts]
        return min(pairs)[1] if pairs else None

    @cached_property
    def _card(self) -> pd.DataFrame:
        rows, disp = self._raw("card"), self._raw("disp").set_index("disp_id")
        issued = rows["issued"].map(lambda told: number(date(1900 + int(told[:2]), int(told[2:4]), int(told[4:6]))))
        frame = pd.DataFrame({"card_id": rows["card_id"], "customer_id": rows["disp_id"].map(disp["client_id"]), "dt": issued, "known_at": issued,
                              "status": "open"})
        return frame.assign(**dict.fromkeys(["activate_date", "first_txn_date", "used_limit_cny", "credit_limit_cny", "quickpay_bindings"]))

    @cached_property
    def _loan(self) -> pd.DataFrame:
        """Each loan follows its contract: a row a month from the grant to the last instalment."""
        owner = self._owned.set_index("account_id")["owner"]
        found = []
        for row in self._raw("loan").itertuples():
            granted = date.fromordinal(int(row.date))
            for paid in range(int(row.duration) + 1):
                status = "closed" if paid == int(row.duration) else "open"
                found.append((row.loan_id, owner[row.account_id], number(same_day(granted, -paid)), row.amount - row.payments * paid, status,
                              row.amount, row.known_at))
        names = ["loan_id", "customer_id", "dt", "balance_cny", "status", "granted_cny", "known_at"]
        return pd.DataFrame(found, columns=names).assign(loan_type="consumer", overdue_days=None, drawn_cny=lambda rows: rows["granted_cny"])
