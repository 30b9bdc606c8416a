"""The calendar of money: paydays before holidays, Spring Festival spending, quarter ends."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.spec import day_number, to_date

SPRING_FESTIVAL = {year: day_number(date(year, month, day)) for year, month, day in (
    (2015, 2, 19), (2016, 2, 8), (2017, 1, 28), (2018, 2, 16), (2019, 2, 5), (2020, 1, 25), (2021, 2, 12), (2022, 2, 1),
    (2023, 1, 22), (2024, 2, 10), (2025, 1, 29), (2026, 2, 17), (2027, 2, 6), (2028, 1, 26), (2029, 2, 13),
    (2030, 2, 3), (2031, 1, 23), (2032, 2, 11), (2033, 1, 31), (2034, 2, 19), (2035, 2, 8))}
PAYDAYS = (5, 10, 15, 31)
"""Day of month by employer kind; 31 means the last workday."""


def spring_festival(day: int) -> int:
    """Day number of the Spring Festival of a day's year."""
    return SPRING_FESTIVAL.get(to_date(day).year, day_number(date(to_date(day).year, 2, 5)))


def spending_factor(day: int) -> float:
    """1.4 in the two weeks before Spring Festival, 0.6 in the week of it."""
    offset = day - spring_festival(day)
    return 1.4 if -14 <= offset < 0 else 0.6 if 0 <= offset < 7 else 1.0


def spending_factors(days: range) -> NDArray[np.float64]:
    return np.array([spending_factor(day) for day in days])


def is_holiday(day: int) -> bool:
    """Weekend, Spring Festival week, National Day week, 1 May, 1 January (working weekends are not simulated)."""
    when = to_date(day)
    return (when.weekday() >= 5 or 0 <= day - spring_festival(day) < 7 or (when.month == 10 and when.day <= 7)
            or (when.month, when.day) in ((5, 1), (1, 1)))


def workday_before(day: int) -> int:
    """The day itself, or the last workday before it."""
    while is_holiday(day):
        day -= 1
    return day


def month_day(year: int, month: int, day: int) -> int:
    """Day number; a day beyond the month's end becomes its last day."""
    following = day_number(date(year + month // 12, month % 12 + 1, 1))
    return min(day_number(date(year, month, 1)) + day - 1, following - 1)


def monthly_dates(first: int, last: int, day: int, before_holidays: bool = False) -> list[tuple[int, int]]:
    """(month index, day number) of every monthly date within [first, last]; a payday may move before a holiday."""
    found = []
    begin, end = to_date(first), to_date(last + 10)
    for month in range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month):
        when = month_day(month // 12, month % 12 + 1, day)
        when = workday_before(when) if before_holidays else when
        if first <= when <= last:
            found.append((month, when))
    return found


def is_month_end(day: int) -> bool:
    return to_date(day + 1).day == 1


def is_quarter_end(day: int) -> bool:
    return is_month_end(day) and to_date(day).month % 3 == 0


def fund_index(day: int) -> float:
    """The one fund index: a fixed path of month-end steps (about 3 % a year, swings of 2 %), 1.0 in January 2015."""
    when = to_date(day)
    months = (when.year - 2015) * 12 + when.month - (0 if is_month_end(day) else 1)
    return float(1.0 + 0.0025 * months + 0.02 * np.sin(months * 0.9) + 0.015 * np.sin(months * 2.3 + 1))
