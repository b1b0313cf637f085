"""Makes the tables of src/tables: coefficients of the three functions that a value rests on,
and the points at which a slice of a surface is checked.

    python3 scripts/tables.py            # rewrites src/tables/*.rs; then run cargo fmt
    python3 scripts/tables.py --errors   # prints how far each polynomial is from its function

Needs mpmath. Every polynomial interpolates its function at Chebyshev nodes, which comes within a
small factor of the best polynomial of its degree, and has only positive coefficients, so that the
arithmetic is unsigned. The coefficients are rounded to 63 bits behind the point.
"""

import sys
from pathlib import Path

from mpmath import (chebyfit, ceil, cosh, erfc, exp, floor, log, mp, mpf, nint, pi, polyval, sinh, sqrt,
                    tanh)

mp.prec = 200

# Degrees, and how many of the highest coefficients add up to less than 2^34.
MILLS_DEGREE, MILLS_SMALL = 10, 3
LN_DEGREE, LN_SMALL = 5, 2
EXP_DEGREE, EXP_SMALL = 6, 2
LN_CELLS = 128
EXP_CELLS = 32
GRID_POINTS = 97

TABLES = Path(__file__).resolve().parent.parent / "src" / "tables"


def q(x, bits):
    """The nearest multiple of 2^-bits, as an unsigned word."""
    raw = int(nint(mpf(x) * 2**bits))
    assert 0 <= raw < 2**64, (x, bits)
    return raw


def fit(f, degree):
    """Coefficients, constant first, of f on [0, 1] as words of 63 bits behind the point, and the
    largest error found of the rounded polynomial."""
    poly = chebyfit(f, [0, 1], degree + 1)[::-1]
    words = [q(c, 63) for c in poly]
    back = [mpf(w) / 2**63 for w in words][::-1]
    error = max(abs(polyval(back, mpf(i) / 200) - f(mpf(i) / 200)) for i in range(201))
    return words, error


def mills(z):
    """Mills' ratio of the normal distribution, N(-z) / phi(z)."""
    return sqrt(pi / 2) * exp(z * z / 2) * erfc(z / sqrt(2))


def mills_cells():
    """[0, 2) in eighths, then eight cells in each octave up to 32."""
    cells = [(mpf(i) / 8, mpf(1) / 8) for i in range(16)]
    for octave in range(1, 5):
        width = mpf(2) ** octave / 8
        cells += [(i * width, width) for i in range(8, 16)]
    return cells


def rows(words):
    return "\n".join("    %s," % ", ".join("0x%016X" % w for w in words[i : i + 4])
                     for i in range(0, len(words), 4))


def split(words, small):
    """The coefficients that need a word, and those whose sum has 34 bits."""
    large, rest = words[:-small], words[-small:]
    assert sum(rest) < 2**34 and sum(words) < 2**64
    return large, rest


def small_row(words):
    return ", ".join("0x%09X" % w for w in words)


def series(name, about, words, small):
    """Two constants: what `polynomial` takes."""
    large, rest = split(words, small)
    return (f"/// {about}\n#[rustfmt::skip]\n"
            f"pub(crate) const {name}: ([u64; {len(large)}], [u64; {small}]) = (\n"
            f"    [\n" + "\n".join("    " + r for r in rows(large).split("\n")) + "\n    ],\n"
            f"    [{small_row(rest)}],\n);\n\n")


def plate(question, detail):
    return f"//! {question}\n//!\n//! Made by `scripts/tables.py`. {detail}\n\n"


def write(name, text):
    (TABLES / name).write_text(text)


def make_mills():
    text = plate("What is Mills' ratio in each of its cells?",
                 "A row holds the coefficients of one cell, in\n"
                 "//! steps of 2^-63, the constant first.")
    text += "/// Polynomials of Mills' ratio in `u`, which falls from one to zero across a cell.\n"
    text += "#[rustfmt::skip]\n"
    cells = mills_cells()
    large = MILLS_DEGREE + 1 - MILLS_SMALL
    text += f"pub(crate) static MILLS: [([u64; {large}], [u64; {MILLS_SMALL}]); {len(cells)}] = [\n"
    worst = 0
    for left, width in cells:
        words, error = fit(lambda u: mills(left + width * (1 - u)), MILLS_DEGREE)
        worst = max(worst, error)
        large, rest = split(words, MILLS_SMALL)
        text += "    ([\n" + "\n".join("    " + r for r in rows(large).split("\n"))
        text += f"\n    ], [{small_row(rest)}]),\n"
    write("mills.rs", text + "];\n")
    return worst


def make_ln():
    reciprocals, logs = [], []
    for i in range(LN_CELLS):
        right = 1 + mpf(i + 1) / LN_CELLS
        c = int(floor(2**17 / right))
        reciprocals.append(c)
        logs.append(q(log(mpf(2**17) / c), 58))
        assert 1 - mpf(c) * (1 + mpf(i) / LN_CELLS) / 2**17 < mpf(1) / 128
    def quotient(u):
        r = u / 128
        return -log(1 - r) / r if r else mpf(1)
    words, error = fit(quotient, LN_DEGREE)
    ln2 = int(nint(log(2) * 2**74))
    text = plate("What does the logarithm start from in each of its cells?",
                 "Cell `i` holds the numbers from 1 + i/128\n//! to 1 + (i + 1)/128.")
    text += "/// `2^17 / x` cut, for the largest `x` of a cell, and `ln(2^17 / that)` in steps of 2^-58.\n"
    text += "#[rustfmt::skip]\n"
    text += f"pub(crate) static CELLS: [(u64, u64); {LN_CELLS}] = [\n"
    for c, t in zip(reciprocals, logs):
        text += f"    ({c}, 0x{t:016X}),\n"
    text += "];\n\n"
    about = "`-ln(1 - r) / r` in `u = 128 r`, in steps of 2^-63, the constant first."
    text += series("SERIES", about, words, LN_SMALL)
    text += "/// `ln 2` in steps of 2^-58, cut.\n"
    text += f"pub(crate) const LN2: u64 = 0x{ln2 >> 16:016X};\n\n"
    text += "/// What that leaves of `ln 2`, in steps of 2^-74.\n"
    text += f"pub(crate) const LN2_REST: u64 = 0x{ln2 & 0xffff:04X};\n"
    write("ln.rs", text)
    return error / 128


def make_exp():
    step = log(2) / EXP_CELLS
    words, error = fit(lambda u: exp(u / 32), EXP_DEGREE)
    text = plate("What does the exponential start from in each of its cells?",
                 "Cell `j` stands for 2^(-j/32).")
    text += "/// `2^(-j/32) / sqrt(2 pi)` in steps of 2^-64: the density's constant is in the table.\n"
    text += f"#[rustfmt::skip]\npub(crate) static DENSITY: [u64; {EXP_CELLS}] = [\n"
    density = [q(mpf(2) ** (-mpf(j) / EXP_CELLS) / sqrt(2 * pi), 64) for j in range(EXP_CELLS)]
    text += rows(density) + "\n];\n\n"
    about = "`exp(r)` in `u = 32 r`, in steps of 2^-63, the constant first."
    text += series("SERIES", about, words, EXP_SMALL)
    text += "/// `sqrt(2 pi)` in steps of 2^-62.\n"
    text += f"pub(crate) const ROOT_TWO_PI: u64 = 0x{q(sqrt(2 * pi), 62):016X};\n\n"
    text += "/// `ln 2 / 32` in steps of 2^-64.\n"
    text += f"pub(crate) const STEP: u64 = 0x{q(step, 64):016X};\n\n"
    text += "/// `32 / ln 2` in steps of 2^-58.\n"
    text += f"pub(crate) const STEPS: u64 = 0x{q(1 / step, 58):016X};\n"
    write("exp.rs", text)
    return error


def make_grid():
    text = plate("At which points is a slice checked?",
                 "Point `j` is `theta = j/16`; the other half mirrors it.")
    text += "/// `sinh`, `cosh`, `tanh` and `1 / cosh^3` of `theta`, in steps of 2^-32.\n"
    text += f"#[rustfmt::skip]\npub(crate) static GRID: [[i64; 4]; {GRID_POINTS}] = [\n"
    for j in range(GRID_POINTS):
        x = mpf(j) / 16
        cells = (sinh(x), cosh(x), tanh(x), cosh(x) ** -3)
        text += "    [%s],\n" % ", ".join("0x%X" % q(cell, 32) for cell in cells)
    text += "];\n"
    write("grid.rs", text)


make_grid()
errors = {"mills": make_mills(), "ln": make_ln(), "exp": make_exp()}
if "--errors" in sys.argv:
    for name, error in errors.items():
        print(f"{name:6} {mp.nstr(error, 3):>10} = 2^{mp.nstr(log(error, 2), 4)}")
