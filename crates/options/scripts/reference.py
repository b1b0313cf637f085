"""Makes the reference tables of tests/data: what the options crate must compute, to more digits
than it can hold.

    python3 scripts/reference.py

Needs mpmath. The inputs are drawn from a fixed seed and corners, and are integers in the crate's
own units; the outputs are floats of 50 digits, rounded to so many that the rounding is far below
what the tests ask for. Nothing of the crate's way of computing is used here.
"""

import random
from pathlib import Path

from mpmath import erfc, exp, log, mp, mpf, nint, nstr, pi, sqrt

mp.dps = 50

DATA = Path(__file__).resolve().parent.parent / "tests" / "data"
YEAR = 31_536_000
DAY = 86_400
LEVEL_MAX = 2**46 - 1


def tail(z):
    """N(-z)."""
    return erfc(z / sqrt(2)) / 2


def density(z):
    return exp(-z * z / 2) / sqrt(2 * pi)


def option(forward, strike, ppm, seconds):
    """Call and put, over the forward; delta of the call; gamma, vega and theta as the crate has
    them."""
    f, k = mpf(forward), mpf(strike)
    root = sqrt(mpf(seconds) / YEAR)
    w = mpf(ppm) / 10**6 * root
    d1 = log(f / k) / w + w / 2
    d2 = d1 - w
    call = tail(-d1) - k / f * tail(-d2)
    put = k / f * tail(d2) - tail(d1)
    gamma = density(d1) / w
    vega = density(d1) * root
    theta = -density(d1) * w / (2 * mpf(seconds) / DAY)
    return call, put, tail(-d1), gamma, vega, theta


def levels(ratio, largest):
    """Forward and strike in this ratio, the larger of them given."""
    if ratio < 1:
        return max(1, int(ratio * largest)), largest
    return largest, max(1, int(largest / ratio))


def corners():
    """Every combination of the ends and middles of the ranges that are asked for, with levels of
    all bits, so that the rounding of the result hides nothing."""
    ratios = ["0.01", "0.1", "0.5", "0.8", "0.95", "0.99", "0.999", "1", "1.001", "1.01", "1.05",
              "1.25", "2", "10", "100"]
    volatilities = [10_000, 50_000, 200_000, 600_000, 1_000_000, 2_000_000, 5_000_000]
    times = [60, 3_600, DAY, 7 * DAY, 30 * DAY, YEAR // 2, 2 * YEAR]
    for ratio in ratios:
        for ppm in volatilities:
            for seconds in times:
                yield *levels(mpf(ratio), LEVEL_MAX), ppm, seconds


def drawn(draw, count):
    """Random inputs: of four, one anywhere, three not far from the money in units of the total
    volatility, which is where there is something to compute; half of all with levels of all bits,
    the others with no fewer than 1,000 steps."""
    for index in range(count):
        ppm = round(10 ** draw.uniform(4, 6.69897))
        seconds = round(60 * 10 ** draw.uniform(0, 6.0217))
        largest = LEVEL_MAX if index % 2 else round(2 ** draw.uniform(17, 46)) - 1
        if index % 4 == 0:
            log_ratio = draw.uniform(-4.60517, 4.60517)
        else:
            w = ppm / 1e6 * (seconds / YEAR) ** 0.5
            log_ratio = max(-4.60517, min(4.60517, draw.gauss(0, 2) * w))
        yield *levels(exp(mpf(log_ratio)), largest), ppm, seconds


def write(name, columns, rows):
    lines = [",".join(columns)] + [",".join(str(cell) for cell in row) for row in rows]
    (DATA / name).write_text("\n".join(lines) + "\n")


def digits(x, behind):
    """So many digits behind the point, as a whole number of them."""
    return int(nint(x * mpf(10) ** behind))


def values(draw):
    columns = ["forward", "strike", "volatility_ppm", "seconds", "call_e20", "put_e20",
               "delta_e12", "gamma_e12", "vega_e12", "theta_e12"]
    rows = []
    for inputs in list(corners()) + list(drawn(draw, 2_000)):
        call, put, *greeks = option(*inputs)
        rows.append([*inputs, digits(call, 20), digits(put, 20)] + [digits(g, 12) for g in greeks])
    write("values.csv", columns, rows)


def functions(draw):
    logs = [1, 2, 3, 2**45 - 1, 2**45, LEVEL_MAX] + [int(2 ** draw.uniform(0, 46)) for _ in range(300)]
    write("ln.csv", ["level", "ln_e20"], [[n, digits(log(mpf(n)), 20)] for n in logs])
    negatives = [0, 1, 2**57, 2**58, 2**64 - 1]
    negatives += [draw.randrange(0, 2 ** draw.randrange(50, 65)) for _ in range(300)]
    negatives += [int(i * log(mpf(2)) / 32 * 2**58) + d for i in range(1, 60) for d in (0, 1)]
    write("exp.csv", ["log", "exp_e20"], [[n, digits(exp(-mpf(n) / 2**58), 20)] for n in negatives])
    deviations = [0, 1, 2**59 - 1, 2**59, 2**60 - 1, 2**60]
    deviations += [draw.randrange(0, 11 * 2**59) for _ in range(200)]
    deviations += [i * 2**56 + d for i in range(88) for d in (-1, 0) if i * 2**56 + d >= 0]
    rows = []
    for raw in deviations:
        z = mpf(raw) / 2**59
        mills = tail(z) / density(z)
        rows.append([raw, nstr(density(z), 22), digits(mills, 20), digits(tail(z), 12)])
    # A density is a whole number of 22 digits and an exponent of ten.
    for row in rows:
        mantissa, _, exponent = row[1].partition("e")
        whole, _, behind = mantissa.partition(".")
        behind = (behind + "0" * 22)[: 22 - len(whole.lstrip("0-"))]
        row[1] = f"{int(whole + behind)},{int(exponent or 0) - len(behind)}"
    write("normal.csv", ["deviations", "density", "density_e", "mills_e20", "tail_e12"], rows)


def slices(draw, count):
    """Terms of a slice, in steps of 2^-32: from short to long expiries (wings of some 0.1 of total
    variance, over the time), Vogt's, and the ends of the ranges; each with variance left."""
    step = 2**32
    vogt = [-0.0410, 0.1331, 0.3060, 0.3586, 0.4153]
    yield [round(x * step) for x in vogt]
    for rho in (-step + 1, 0, step - 1):
        yield [2**15 * step, 2**12 * step, rho, 8 * step, 8 * step]
        yield [round(1e-4 * step) + 1, 0, rho, -8 * step, 2**22]
        yield [step // 100, 2**12 * step, rho, 0, 2**22]
    for _ in range(count):
        years = 10 ** draw.uniform(-4, 0.3)
        sigma = draw.uniform(0.3, 3) * years**0.5
        b = draw.uniform(0.02, 0.4) * min(1, 3 * years**0.5) / years
        rho = draw.uniform(-0.999, 0.999)
        least = draw.uniform(0.01, 2) ** 2
        a = least - b * sigma * (1 - rho * rho) ** 0.5
        m = draw.gauss(0, 1) * sigma
        yield [round(x * step) for x in (a, b, rho, m, max(sigma, 2**-10))]


def surface(draw):
    columns = ["a", "b", "rho", "m", "sigma", "forward", "strike", "variance_e20",
               "volatility_ppm_e9"]
    rows = []
    for terms in slices(draw, 400):
        a, b, rho, m, sigma = (mpf(term) / 2**32 for term in terms)
        spread = float(sigma) * 3
        for log_ratio in (0, draw.gauss(0, spread), draw.uniform(-31.8, 31.8)):
            log_ratio = max(-31.8, min(31.8, log_ratio))
            forward, strike = levels(exp(mpf(log_ratio)), LEVEL_MAX)
            d = log(mpf(strike) / forward) - m
            variance = a + b * (rho * d + sqrt(d * d + sigma * sigma))
            cells = [digits(variance, 20), digits(sqrt(variance) * 10**6, 9)]
            rows.append([*terms, forward, strike, *cells])
    write("svi.csv", columns, rows)


if __name__ == "__main__":
    random_source = random.Random(1976)
    values(random_source)
    functions(random_source)
    surface(random.Random(2004))
