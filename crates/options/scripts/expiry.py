"""Makes the reference tables of tests/data for expiries: settlements sample by sample, and quotes of
lots outside and inside the window.

    python3 scripts/expiry.py

Needs mpmath. Settlements are exact fractions; quotes have 50 digits. Inputs are drawn from a fixed
seed, and are integers in the crate's own units. Nothing of the crate's way of computing is used here:
a stretch is walked second by second, and values are taken from the textbook's formula.
"""

import random
from fractions import Fraction
from pathlib import Path

from mpmath import log, mp, mpf, nint, npdf, ncdf, sqrt

mp.dps = 50

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
YEAR = 31_536_000
DAY = 86_400
WINDOW, GAP_MAX, COVERED_MIN = 1_800, 300, 900
PARTS = 10**6


def float_of(number):
    """A positive fraction as mantissa of 64 bits and exponent, cut."""
    exponent = number.numerator.bit_length() - number.denominator.bit_length() - 64
    while number / Fraction(2) ** exponent >= 2**64:
        exponent += 1
    while number / Fraction(2) ** exponent < 2**63:
        exponent -= 1
    return int(number / Fraction(2) ** exponent), exponent


def settlement(draw, path):
    """Rows of one path: each sample, and what is covered and averaged after it."""
    expiry = 1_764_921_600
    price = draw.uniform(0.0001, 100_000)
    mean_gap = draw.choice([5, 30, 60, 150, 290, 400])
    time = expiry - draw.choice([100, 900, 1_800, 2_500])
    last = None
    total, covered = Fraction(0), 0
    while time < expiry + 2_000 and not (time > expiry + 400 and covered >= COVERED_MIN):
        price *= 1 + draw.gauss(0, 0.002)
        mantissa, exponent = float_of(Fraction(price) / draw.randint(1, 9))
        now = Fraction(mantissa) * Fraction(2) ** exponent
        if last is not None and time > last[0]:
            mean = (last[1] + now) / 2
            seconds = range(last[0], time) if time - last[0] <= GAP_MAX else []
            for second in seconds:
                inside = expiry - WINDOW <= second < expiry
                if inside or (second >= expiry and covered < COVERED_MIN):
                    total, covered = total + mean, covered + 1
        if last is None or time > last[0]:
            last = (time, now)
        average = float_of(total / covered) if covered else (0, 0)
        yield path, expiry, time, mantissa, exponent, covered, *average
        time += max(0, round(draw.expovariate(1 / mean_gap)))


def black(kind, forward, strike, deviation):
    """Value, delta, F times gamma, density at d1; of Black's formula for a total deviation."""
    if deviation == 0:
        gain = forward - strike if kind == 0 else strike - forward
        return max(mpf(0), gain), None, None, None
    d1 = log(forward / strike) / deviation + deviation / 2
    d2 = d1 - deviation
    if kind == 0:
        value = forward * ncdf(d1) - strike * ncdf(d2)
        delta = ncdf(d1)
    else:
        value = strike * ncdf(-d2) - forward * ncdf(-d1)
        delta = -ncdf(-d1)
    return value, delta, npdf(d1) / deviation, npdf(d1)


SHOCKS = [(s * 50_000, v, PARTS) for s in [0, 1, -1, 2, -2, 3, -3] for v in (400_000, -400_000)]
SHOCKS += [(450_000, 0, 330_000), (-450_000, 0, 330_000)]


class Lot:
    """What a lot is worth as a function of price and volatility."""

    def __init__(self, kind, strike, basis, fixed, average, wait, rest):
        self.kind, self.strike, self.basis = kind, strike, 1 + mpf(basis) / PARTS
        self.fixed, self.average, self.wait, self.rest = fixed, average, wait, rest

    def parts(self, spot, volatility):
        plain = spot * self.basis
        forward = self.fixed * self.average + (1 - self.fixed) * plain
        if self.wait:
            return forward, volatility * sqrt(mpf(self.wait * 3 + self.rest) / 3 / YEAR)
        share = (1 - self.fixed) * plain / forward
        return forward, share * volatility * sqrt(mpf(self.rest) / 3 / YEAR)

    def value(self, spot, volatility):
        return black(self.kind, *self.swap(self.parts(spot, volatility)))[0]

    def swap(self, parts):
        return parts[0], self.strike, parts[1]

    def all(self, spot, volatility):
        forward, deviation = self.parts(spot, volatility)
        value, delta, gamma, dense = black(self.kind, forward, self.strike, deviation)
        carried = (1 - self.fixed) * spot * self.basis
        vega = forward * dense * deviation / volatility
        if self.wait:
            pace = 1 / (2 * (mpf(self.wait) + mpf(self.rest) / 3))
        else:
            # The deviation falls as the rest to the power of three halves.
            pace = mpf(3) / 2 / self.rest
        theta = -forward * dense * deviation * pace * DAY
        return value, delta * carried, gamma * carried**2 / forward, vega, theta


def quotes(draw, count):
    for index in range(count):
        kind = index % 2
        notional = 2 ** draw.uniform(0, 60)
        spot_m, spot_e = float_of(Fraction(notional))
        spot = mpf(spot_m) * mpf(2) ** spot_e
        basis = draw.randint(-30_000, 30_000)
        a, b, rho, m, sigma = (draw.uniform(0.05, 0.9), draw.uniform(0, 0.5), draw.uniform(-0.9, 0.9),
                               draw.uniform(-0.2, 0.2), draw.uniform(0.02, 0.5))
        terms = [round(x * 2**32) for x in (a, b, rho, m, sigma)]
        covered, rest, wait, fixed = 0, WINDOW, 0, mpf(0)
        average_m, average_e = float_of(Fraction(notional) * Fraction(draw.uniform(0.99, 1.01)))
        average = mpf(average_m) * mpf(2) ** average_e
        if index % 3 == 0:
            covered = draw.randint(0, WINDOW - 1)
            left = draw.randint(1, WINDOW - covered)
            rest = max(left, COVERED_MIN - covered)
            fixed = mpf(covered) / (covered + rest)
        else:
            wait = round(60 * 10 ** draw.uniform(0, 5.5))
            left = wait + WINDOW
        spread = 3 * (0.7 * (wait + rest / 3 * float(1 - fixed) ** 2) ** 0.5 / YEAR**0.5)
        strike_m, strike_e = float_of(
            Fraction(notional) * Fraction(2.718281828 ** draw.uniform(-spread, spread)))
        strike = mpf(strike_m) * mpf(2) ** strike_e
        low = float_of(Fraction(notional) * Fraction(1 - draw.uniform(0, 0.01)))
        high = float_of(Fraction(notional) * Fraction(1 + draw.uniform(0, 0.01)))
        confidence = draw.randint(0, 100_000)
        lot = Lot(kind, strike, basis, fixed, average, wait, rest)
        a, b, rho, m, sigma = (mpf(x) / 2**32 for x in terms)
        k = log(strike / (spot * lot.basis))
        volatility = sqrt(a + b * (rho * (k - m) + sqrt((k - m) ** 2 + sigma**2)))
        value, *greeks = lot.all(spot, volatility)
        corners = [lot.value(mpf(end_m) * mpf(2) ** end_e,
                             volatility * (1 + sign * mpf(confidence) / PARTS))
                   for end_m, end_e in (low, high) for sign in (-1, 1)]
        array = [(lot.value(spot * (1 + mpf(s) / PARTS), volatility * (1 + mpf(v) / PARTS)) - value)
                 * weight / PARTS for s, v, weight in SHOCKS]
        numbers = [value, min(corners + [value]), max(corners + [value]), *greeks, *array]
        relative = [int(nint(number / spot * 10**18)) for number in numbers]
        yield (kind, strike_m, strike_e, spot_m, spot_e, *low, *high, basis, *terms, confidence,
               covered, left, average_m, average_e, *relative)


def write(name, header, rows):
    lines = [",".join(str(cell) for cell in row) for row in rows]
    (DATA / name).write_text("\n".join([header, *lines]) + "\n")


def main():
    draw = random.Random(20_251_205)
    write("settlement.csv", "path,expiry,time,mantissa,exponent,covered,average_m,average_e",
          [row for path in range(24) for row in settlement(draw, path)])
    prices = "strike_m,strike_e,spot_m,spot_e,low_m,low_e,high_m,high_e"
    state = "basis,a,b,rho,m,sigma,confidence,covered,left,average_m,average_e"
    results = "fair,low,high,delta,gamma,vega,theta," + ",".join(f"r{k}" for k in range(16))
    write("quotes.csv", f"kind,{prices},{state},{results}", quotes(draw, 480))


if __name__ == "__main__":
    main()
