"""Mobile sessions of one week: logins, pages looked at, risk tests, orders begun."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.simulator.people import People
from orchestration.simulator.streams import Floats, Streams, pick, poisson

Ints = NDArray[np.int64]
EVENTS = ("login", "login_failed", "page_view", "calculator", "risk_test_start", "risk_test_finish", "order_confirm",
          "order_placed", "logout")
LOGIN, LOGIN_FAILED, PAGE_VIEW, CALCULATOR, RISK_START, RISK_FINISH, ORDER_CONFIRM, ORDER_PLACED, LOGOUT = range(9)
PAGES = ("", "home", "transfer", "account", "card", "loan", "wealth_list", "fund_list", "insurance_list",
         "wealth_calculator", "risk_step_1", "risk_step_2", "risk_step_3", "risk_step_4", "wealth_order", "fund_order")
NO_PAGE, HOME, TRANSFER, ACCOUNT, CARD, LOAN, WEALTH_LIST, FUND_LIST, INSURANCE_LIST, CALCULATOR_PAGE, RISK_1 = range(11)
WEALTH_ORDER, FUND_ORDER = 14, 15
RISK_LOSS = (0.10, 0.08, 0.45, 0.12)
"""Share lost at each step of the risk test; the third is the planted breakpoint."""
FIXED_LOSS = 0.15
EVENT_FIELDS = ("cust", "day", "sec", "name", "page", "session")


@dataclass
class Events:
    """Equal-length columns, sorted by customer, day, session and second."""

    cust: NDArray[np.int32]
    day: NDArray[np.int32]
    sec: NDArray[np.int32]
    name: NDArray[np.int8]
    page: NDArray[np.int8]
    session: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.cust)


@dataclass
class AppWeek:
    """Events of a block and what they come to per customer."""

    events: Events
    login_days: NDArray[np.int8]
    browse_wealth: NDArray[np.int8]
    browse_fund: NDArray[np.int8]


class App:
    """Draws sessions; `fix_day` is when odd branches lose fewer customers in the risk test."""

    def __init__(self, people: People, streams: Streams, fix_day: int) -> None:
        self._people, self._streams, self._fix_day = people, streams, fix_day

    def week(self, awake: NDArray[np.bool_], rate_factor: Floats, interest: Floats, days: range, when: int) -> AppWeek:
        """Sessions of customers who are awake; `interest` (a maturing deposit, a new account) makes them look at wealth."""
        people, streams, n = self._people, self._streams, self._people.count
        rate = np.where(awake & people.is_app_user, people.app_rate * rate_factor * len(days) / 7, 0.0)
        count = poisson(streams.dense("session_count", n, when), rate)
        cust = np.repeat(np.arange(n), count)
        session = np.arange(len(cust)) - np.repeat(np.cumsum(count) - count, count)
        k = when * 32 + session
        day = days.start + (len(days) * streams.sparse("session_day", cust, k)).astype(np.int64)
        sec = 6 * 3600 + (17 * 3600 * streams.sparse("session_second", cust, k)).astype(np.int64)
        looks_wealth = streams.sparse("browse", cust, k) < self._browse_odds(interest, when)[cust]
        extra = streams.sparse("browse_extra", cust, k)
        looks_wealth &= ~_locked_out(extra)
        events = self._events(cust, day, sec, session, k, looks_wealth, extra)
        return AppWeek(events, _distinct_days(cust[~_locked_out(extra)], day[~_locked_out(extra)], n), _count(cust[looks_wealth], n), _count(cust[extra < 0.06], n))

    def _browse_odds(self, interest: Floats, when: int) -> Floats:
        n = self._people.count
        persona = self._streams.normal("interest_trait", n)
        mood = self._streams.normal("interest_month", n, when // 4)
        return np.asarray(1 / (1 + np.exp(2.5 - 0.9 * persona - 0.7 * mood - interest)))

    def _events(self, cust: Ints, day: Ints, sec: Ints, session: Ints, k: Ints, looks_wealth: NDArray[np.bool_],
                extra: Floats) -> Events:
        first = np.array([HOME, TRANSFER, ACCOUNT, CARD, LOAN])[pick(1 - extra, [0.35, 0.25, 0.25, 0.1, 0.05])]
        works = ~_locked_out(extra)
        parts: list[tuple[NDArray[np.bool_], int, Ints | int, int]] = [(works, LOGIN, NO_PAGE, 0), (works, PAGE_VIEW, first, 4), (looks_wealth, PAGE_VIEW, WEALTH_LIST, 20),
                 (extra < 0.06, PAGE_VIEW, FUND_LIST, 45), ((extra > 0.06) & (extra < 0.09), PAGE_VIEW, INSURANCE_LIST, 55),
                 (looks_wealth & (extra > 0.90), CALCULATOR, CALCULATOR_PAGE, 70),
                 (looks_wealth & (extra > 0.96), ORDER_CONFIRM, WEALTH_ORDER, 90),
                 ((extra > 0.09) & (extra < 0.11), LOGIN_FAILED, NO_PAGE, -20),
                 *((~works, LOGIN_FAILED, NO_PAGE, lag) for lag in (0, 25, 60))]
        parts.extend(self._risk_test(cust, day, k, works))
        rows = [(cust[m], day[m], sec[m] + lag, np.full(m.sum(), name), np.broadcast_to(page, m.shape)[m], session[m])
                for m, name, page, lag in parts]
        return sorted_events([np.concatenate(column) for column in zip(*rows, strict=True)])

    def _risk_test(self, cust: Ints, day: Ints, k: Ints, works: NDArray[np.bool_]) -> list[tuple[NDArray[np.bool_], int, int, int]]:
        u = self._streams.sparse("risk_test", cust, k)
        started = (u < 0.012) & works
        fixed = (day >= self._fix_day) & (self._people.branch[cust] % 2 == 1)
        parts, left = [(started, RISK_START, RISK_1, 120)], u / 0.012
        keep = 1.0 * np.ones(len(cust))
        for step, loss in enumerate(RISK_LOSS):
            keep = keep * (1 - np.where(fixed & (step == 2), FIXED_LOSS, loss))
            reached = started & (left < keep)
            last = step == len(RISK_LOSS) - 1
            parts.append((reached, RISK_FINISH if last else PAGE_VIEW, NO_PAGE if last else RISK_1 + step + 1, 150 + 30 * step))
        return parts


def _locked_out(extra: Floats) -> NDArray[np.bool_]:
    """Sessions that fail three times to log in and end there."""
    return np.asarray((extra > 0.110) & (extra < 0.114))


def sorted_events(columns: list[Ints]) -> Events:
    """Events in the order in which ids are given."""
    cust, day, sec, name, page, session = columns
    order = np.lexsort((page, name, (((cust << 20) + day) << 17) + sec))
    cust, day, sec, name, page, session = (x[order] for x in columns)
    return Events(cust.astype(np.int32), day.astype(np.int32), sec.astype(np.int32), name.astype(np.int8),
                  page.astype(np.int8), session.astype(np.int16))


def _distinct_days(cust: Ints, day: Ints, n: int) -> NDArray[np.int8]:
    return _count(np.unique(cust * 100000 + day) // 100000, n)


def _count(cust: Ints, n: int) -> NDArray[np.int8]:
    return np.minimum(np.bincount(cust, minlength=n), 100).astype(np.int8)
