"""The bank's fixed lists: products, channels, branches, employees, codes."""

from dataclasses import dataclass

import numpy as np

DEMAND, TIME, WEALTH, FUND, INSURANCE, GOLD, TRUST = range(7)
FAMILIES = ("demand", "time", "wealth", "fund", "insurance", "gold", "trust")
CITIES = (("310000", 1), ("110000", 1), ("440300", 1), ("330100", 2), ("320100", 2), ("510100", 2), ("420100", 2),
          ("330400", 3), ("370600", 3), ("430600", 3), ("341100", 4), ("522300", 4))
"""GB/T 2260 codes with tier; the last three hold counties."""
OCCUPATIONS = ("civil_servant", "enterprise", "professional", "self_employed", "farmer", "student", "retired", "other")
EDUCATIONS = ("below_college", "college", "bachelor", "master")
MARITALS = ("single", "married", "divorced", "unknown")
BRANCH_COUNT = 40
EMPLOYEES_PER_BRANCH = 4
SOLD_OUT_PRODUCT = "W180B"


@dataclass(frozen=True)
class Product:
    """One row of the product table."""

    product_id: str
    family: int
    name_zh: str
    name_en: str
    risk_level: str | None
    term_days: int | None
    min_amount: float | None
    expected_rate: float | None
    margin_bp: float


PRODUCTS = (
    Product("D001", DEMAND, "活期储蓄", "Demand deposit", "R1", None, None, 0.001, 120),
    Product("T030", TIME, "通知存款30天", "Time deposit 30 days", "R1", 30, 50, 0.008, 80),
    Product("T090", TIME, "定期存款3个月", "Time deposit 3 months", "R1", 90, 50, 0.0105, 75),
    Product("T180", TIME, "定期存款6个月", "Time deposit 6 months", "R1", 180, 50, 0.0125, 70),
    Product("T365", TIME, "定期存款1年", "Time deposit 1 year", "R1", 365, 50, 0.0135, 65),
    Product("TCD1", TIME, "大额存单1年", "Certificate of deposit 1 year", "R1", 365, 200000, 0.0155, 50),
    Product("W090A", WEALTH, "稳享90天", "Steady 90 days", "R1", 90, 1, 0.022, 40),
    Product("W180A", WEALTH, "稳享180天", "Steady 180 days", "R2", 180, 1, 0.025, 45),
    Product("W180B", WEALTH, "稳享180天专属", "Steady 180 days exclusive", "R2", 180, 10000, 0.027, 45),
    Product("W365A", WEALTH, "增利365天", "Plus 365 days", "R3", 365, 1, 0.031, 60),
    Product("W000A", WEALTH, "日日盈", "Daily wealth", "R1", None, 1, 0.018, 30),
    Product("F001", FUND, "货币市场基金", "Money market fund", "R1", None, 10, 0.016, 25),
    Product("F002", FUND, "稳健债券基金", "Steady bond fund", "R2", None, 10, 0.032, 60),
    Product("F003", FUND, "均衡混合基金", "Balanced fund", "R3", None, 10, 0.055, 100),
    Product("F004", FUND, "成长股票基金", "Growth equity fund", "R4", None, 10, 0.08, 120),
    Product("I001", INSURANCE, "年金保险", "Annuity", "R2", 1825, 10000, 0.025, 300),
    Product("I002", INSURANCE, "增额终身寿", "Whole life", "R1", 3650, 10000, 0.025, 350),
    Product("G001", GOLD, "积存金", "Accumulated gold", "R3", None, 500, None, 50),
    Product("U001", TRUST, "家族信托", "Family trust", "R4", 1095, 1000000, 0.045, 80),
)
PRODUCT_IDS = tuple(product.product_id for product in PRODUCTS)
PRODUCT_FAMILY = np.array([product.family for product in PRODUCTS])
PRODUCT_TERM = np.array([product.term_days or 0 for product in PRODUCTS])
PRODUCT_MIN_CENTS = np.array([int((product.min_amount or 1) * 100) for product in PRODUCTS], dtype=np.int64)
OTHER_PRODUCTS = (
    ("C001", "card", "标准信用卡", "Standard card", 200.0), ("C002", "card", "白金信用卡", "Platinum card", 260.0),
    ("L001", "loan", "个人住房贷款", "Mortgage", 110.0), ("L002", "loan", "消费贷款", "Consumer loan", 300.0),
    ("P001", "pension", "个人养老金资金账户", "Private pension account", 90.0),
    ("S001", "custody", "三方存管", "Securities custody", 0.0))
FAMILY_PRODUCTS = {
    TIME: (("T030", "T090", "T180", "T365"), (0.22, 0.34, 0.24, 0.20)),
    WEALTH: (("W090A", "W180A", "W180B", "W365A", "W000A"), (0.32, 0.26, 0.08, 0.14, 0.20)),
    FUND: (("F001", "F002", "F003", "F004"), (0.45, 0.30, 0.15, 0.10)),
    INSURANCE: (("I001", "I002"), (0.6, 0.4)), GOLD: (("G001",), (1.0,)), TRUST: (("U001",), (1.0,))}
CHANNELS = (
    # id, unit cost, daily capacity, allowed hours, needs consent, reach, buys per reached relative to a call
    ("branch", 15.0, 2000, "09:00-17:00", False, 0.80, 1.0), ("rm_phone", 10.0, 3000, "09:00-20:00", True, 0.42, 1.0),
    ("remote_rm", 8.0, 3000, "09:00-20:00", True, 0.42, 0.9), ("ai_call", 2.0, 20000, "09:00-20:00", True, 0.42, 0.5),
    ("sms", 0.05, 200000, "08:00-21:00", True, 0.95, 0.08), ("push", 0.01, 500000, "08:00-22:00", True, 0.60, 0.15),
    ("wecom", 0.5, 20000, "09:00-21:00", True, 0.55, 0.5), ("app_inbox", 0.01, 500000, "00:00-24:00", True, 0.35, 0.1),
    ("mail", 1.2, 5000, "09:00-18:00", True, 0.50, 0.1))
CHANNEL_IDS = tuple(channel[0] for channel in CHANNELS)
CONSENT_RATES = (0.95, 0.80, 0.80, 0.72, 0.90, 0.85, 0.75, 0.95, 0.70)

TXN_CODES = ("salary", "pension", "bonus", "transfer_in", "transfer_out", "consume", "refund", "cash_in", "cash_out",
             "interest", "fee", "loan_drawdown", "loan_repayment", "insurance_premium", "product_buy", "product_redeem",
             "securities_in", "securities_out", "merchant_receipt", "utility", "education", "dividend",
             "stock_unlock", "fx_exchange")
(SALARY, PENSION, BONUS, TRANSFER_IN, TRANSFER_OUT, CONSUME, REFUND, CASH_IN, CASH_OUT, INTEREST, FEE, LOAN_DRAWDOWN,
 LOAN_REPAYMENT, INSURANCE_PREMIUM, PRODUCT_BUY, PRODUCT_REDEEM, SECURITIES_IN, SECURITIES_OUT, MERCHANT_RECEIPT, UTILITY,
 EDUCATION, DIVIDEND, STOCK_UNLOCK, FX_EXCHANGE) = range(24)
NOT_OWN_CODES = (SALARY, PENSION, BONUS, INTEREST, FEE, LOAN_DRAWDOWN, DIVIDEND, STOCK_UNLOCK)
"""Movements that happen to a customer without his doing."""
PARTIES = ("own_same_bank", "own_other_bank", "person", "merchant", "employer", "securities", "government", "bank")
OWN_SAME, OWN_OTHER, PERSON, MERCHANT, EMPLOYER, SECURITIES, GOVERNMENT, BANK = range(8)
MCCS = ("5411", "5812", "5541", "5311", "4111", "5912", "7011", "5651")
EDUCATION_MCC = "8211"


def product_index(product_id: str) -> int | None:
    """Position in PRODUCTS, or None for an unknown id."""
    return PRODUCT_IDS.index(product_id) if product_id in PRODUCT_IDS else None
