"""The worked examples of docs/RISK.md, "Options in the rule", to fifty digits.

Prints one line for each book: what tests/options.rs pins and the document shows. The rule is
written out here once more from the document's words; nothing is shared with the crate.

    python3 crates/risk/scripts/options.py            # the books
    python3 crates/risk/scripts/options.py --arrays   # outcomes of each option, for the tests
"""

import sys

from mpmath import mp, mpf, erfc, log, sqrt

mp.dps = 50

PRICE = mpf(150)
VOLATILITY = mpf(60) / 100
SCAN, VOLATILITY_SCAN = mpf(10) / 100, mpf(25) / 100
BASIS, FLOOR, MULTIPLIER = mpf(1) / 100, mpf(1) / 100, mpf(3) / 2

# Shock in scan ranges, volatility in its scan ranges, weight: SPAN's sixteen, as stored in ppm.
SPAN = [(0, 1, 1), (0, -1, 1)]
for third in (333_333, 666_667, 1_000_000):
    for side in (1, -1):
        SPAN += [(mpf(side * third) / 10**6, v, 1) for v in (1, -1)]
SPAN += [(3, 0, mpf(33) / 100), (-3, 0, mpf(33) / 100)]


def normal(x):
    return erfc(-x / sqrt(2)) / 2


def value(kind, strike, days, price=PRICE, volatility=VOLATILITY):
    w = volatility * sqrt(mpf(days) / 365)
    d1 = log(price / strike) / w + w / 2
    call = price * normal(d1) - strike * normal(d1 - w)
    return call if kind == "C" else call - (price - strike)


def delta(kind, strike, days):
    w = VOLATILITY * sqrt(mpf(days) / 365)
    d1 = log(PRICE / strike) / w + w / 2
    return (normal(d1) - (0 if kind == "C" else 1)) * PRICE


def outcomes(option):
    now = value(*option)
    moved = [
        (w, value(*option, PRICE * (1 + SCAN * s), VOLATILITY * (1 + VOLATILITY_SCAN * v)))
        for s, v, w in SPAN
    ]
    return [w * (then - now) for w, then in moved]


def pay(option, final):
    kind, strike, _ = option
    return max(final - strike, 0) if kind == "C" else max(strike - final, 0)


def bound(spot, legs):
    """The largest loss at expiry, the spot joined to each expiry in turn or to none."""
    worth = spot * PRICE + sum(q * value(*option) for q, option in legs)
    expiries = sorted({option[2] for _, option in legs})
    best = None
    for choice in [None] + expiries:
        least = 0
        for expiry in expiries:
            group = [(q, option) for q, option in legs if option[2] == expiry]
            own = spot if choice == expiry else 0
            if own + sum(q for q, option in group if option[0] == "C") < 0:
                break
            finals = [0] + [option[1] for _, option in group]
            least += min(own * f + sum(q * pay(option, f) for q, option in group) for f in finals)
        else:
            if choice is None and spot < 0:
                continue
            loss = max(0, worth - least)
            best = loss if best is None else min(best, loss)
    return best


def judge(spot, legs):
    gains = [SCAN * s * w * spot * PRICE for s, _, w in SPAN]
    for q, option in legs:
        gains = [gain + q * outcome for gain, outcome in zip(gains, outcomes(option))]
    scenario = max(0, -min(gains))
    worst = gains.index(min(gains)) if scenario else 0
    moved = sum(q * delta(*option) for q, option in legs)
    long = max(spot, 0) * PRICE + max(moved, 0)
    short = max(-spot, 0) * PRICE + max(-moved, 0)
    most = bound(spot, legs)
    core = scenario if most is None else min(scenario, most)
    opening = MULTIPLIER * scenario if most is None else min(MULTIPLIER * scenario, most)
    basis = BASIS * min(long, short)
    floor = FLOOR * PRICE * sum(-q for q, _ in legs if q < 0)
    return {
        "value": spot * PRICE + sum(q * value(*option) for q, option in legs),
        "scenario": scenario,
        "worst": worst,
        "bound": most,
        "basis": basis,
        "floor": floor,
        "MM": core + basis + floor,
        "IM": opening + MULTIPLIER * (basis + floor),
    }


C135, P135 = ("C", 135, 30), ("P", 135, 30)
C150, P150 = ("C", 150, 30), ("P", 150, 30)
C165, P165 = ("C", 165, 30), ("P", 165, 30)
LATER = ("C", 150, 60)
OPTIONS = {"C150": C150, "P150": P150, "C165": C165, "P165": P165, "P135": P135, "later": LATER}

BOOKS = {
    "10 SOL": (10, []),
    "long call": (0, [(10, C150)]),
    "short call": (0, [(-10, C150)]),
    "covered call": (10, [(-10, C165)]),
    "protective put": (10, [(10, P135)]),
    "collar": (10, [(10, P135), (-10, C165)]),
    "long straddle": (0, [(10, C150), (10, P150)]),
    "short straddle": (0, [(-10, C150), (-10, P150)]),
    "long vertical": (0, [(10, C150), (-10, C165)]),
    "short vertical": (0, [(-10, C150), (10, C165)]),
    "box": (0, [(10, C150), (-10, C165), (-10, P150), (10, P165)]),
    "calendar": (0, [(-10, C150), (10, LATER)]),
    "short and long call": (-10, [(10, C150)]),
}


def show(x, digits=12):
    return "none" if x is None else mp.nstr(mpf(x), digits, strip_zeros=False)


def main():
    if "--arrays" in sys.argv:
        for name, option in OPTIONS.items():
            print(name, show(value(*option), 20), show(delta(*option), 20))
            print("   ", ", ".join(show(x) for x in outcomes(option)))
        return
    for name, book in BOOKS.items():
        judged = judge(*book)
        print(f"{name:20}", " ".join(
            f"{key} {found if key == 'worst' else show(found, 10)}" for key, found in judged.items()
        ))


main()
