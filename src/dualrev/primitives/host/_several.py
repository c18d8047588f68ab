"""The single results of functions that give several: sine and cosine integrals, Fresnel's, Airy's and Jacobi's.

Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, chapters 5, 7, 10 and 16.
"""

from dualrev.primitives.row import host_row, math, select

ANY = (-2.0, 2.0)
POSITIVE = (0.3, 4.0)
ENDS = frozenset({0.0, 1.0})

# A table: a rule a line, and below it what else is true of the row.
# fmt: off
ROWS = (
    host_row("si", lambda x: math.Si(x),
        lambda y, x: select(math.fabs(x) < 1.0, math.sinc(0.3183098861837907 * x), math.sin(x) / x),
        points={0.0: 1.0}, reach=((-30.0, 30.0),), part=("sici", 0)),
    host_row("ci", lambda x: math.Ci(x),
        lambda y, x: math.cos(x) / x, domain=(POSITIVE,), reach=((0.1, 30.0),), part=("sici", 1)),
    host_row("shi", lambda x: math.Shi(x),
        lambda y, x: select(math.fabs(x) < 1.0, math.hyp0f1(1.5, 0.25 * x * x), math.sinh(x) / x),
        points={0.0: 1.0}, reach=((-30.0, 30.0),), part=("shichi", 0)),
    host_row("chi", lambda x: math.Chi(x),
        lambda y, x: math.cosh(x) / x,
        domain=(POSITIVE,), reach=((0.1, 30.0),), part=("shichi", 1)),
    host_row("fresnel_s", lambda x: math.fresnels(x),
        lambda y, x: math.sin(1.5707963267948966 * x * x),
        points={0.0: 0.0}, reach=((-5.0, 5.0),), part=("fresnel", 0)),
    host_row("fresnel_c", lambda x: math.fresnelc(x),
        lambda y, x: math.cos(1.5707963267948966 * x * x),
        points={0.0: 1.0}, reach=((-5.0, 5.0),), part=("fresnel", 1)),
    host_row("airy_ai", lambda x: math.airyai(x),
        lambda y, x: math.airy_aip(x), reach=((-5.0, 5.0),), ulp=1e3, part=("airy", 0)),
    host_row("airy_aip", lambda x: math.airyaiprime(x),
        lambda y, x: x * math.airy_ai(x),
        points={0.0: 0.0}, reach=((-5.0, 5.0),), ulp=1e3, part=("airy", 1)),
    host_row("airy_bi", lambda x: math.airybi(x),
        lambda y, x: math.airy_bip(x), reach=((-5.0, 5.0),), part=("airy", 2)),
    host_row("airy_bip", lambda x: math.airybiprime(x),
        lambda y, x: x * math.airy_bi(x),
        points={0.0: 0.0}, reach=((-5.0, 5.0),), part=("airy", 3)),
    host_row("airye_ai", lambda x: math.airyai(x) * math.exp(2 * x * math.sqrt(x) / 3),
        lambda y, x: math.airye_aip(x) + math.sqrt(x) * y,
        domain=(POSITIVE,), reach=((0.03, 20.0),), ulp=1e6, part=("airye", 0)),
    host_row("airye_aip", lambda x: math.airyaiprime(x) * math.exp(2 * x * math.sqrt(x) / 3),
        lambda y, x: x * math.airye_ai(x) + math.sqrt(x) * y,
        domain=(POSITIVE,), reach=((0.03, 20.0),), ulp=1e6, part=("airye", 1)),
    host_row("airye_bi", lambda x: math.airybi(x) * math.exp(-2 * x * math.sqrt(x) / 3),
        lambda y, x: math.airye_bip(x) - math.sqrt(math.maximum(x, 0.0)) * y,
        domain=(POSITIVE,), reach=((0.03, 20.0),), ulp=1e6, part=("airye", 2)),
    host_row("airye_bip", lambda x: math.airybiprime(x) * math.exp(-2 * x * math.sqrt(x) / 3),
        lambda y, x: x * math.airye_bi(x) - math.sqrt(math.maximum(x, 0.0)) * y,
        domain=(POSITIVE,), reach=((0.03, 20.0),), ulp=1e6, part=("airye", 3)),
    host_row("ellipj_sn", lambda u, m: math.ellipj_sn(u, m),
        lambda y, u, m: math.ellipj_cn(u, m) * math.ellipj_dn(u, m),
        None,
        domain=(ANY, ENDS), reach=((0.03, 3.0), (0.0, 1.0)), ulp=1e3, part=("ellipj", 0)),
    host_row("ellipj_cn", lambda u, m: math.ellipj_cn(u, m),
        lambda y, u, m: -math.ellipj_sn(u, m) * math.ellipj_dn(u, m),
        None,
        domain=(ANY, ENDS), reach=((0.03, 3.0), (0.0, 1.0)), ulp=1e3, part=("ellipj", 1)),
    host_row("ellipj_dn", lambda u, m: math.ellipj_dn(u, m),
        lambda y, u, m: -m * math.ellipj_sn(u, m) * math.ellipj_cn(u, m),
        None,
        domain=(ANY, ENDS), reach=((0.03, 3.0), (0.0, 1.0)), ulp=1e3, part=("ellipj", 2)),
    host_row("ellipj_ph", lambda u, m: math.ellipj_ph(u, m),
        lambda y, u, m: math.ellipj_dn(u, m),
        None,
        domain=(ANY, ENDS), reach=((0.03, 3.0), (0.0, 1.0)), ulp=1e3, part=("ellipj", 3)),
)
# fmt: on
