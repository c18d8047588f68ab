"""SciPy's special functions that have no rule: why, and what to write instead."""

from __future__ import annotations

from fnmatch import fnmatchcase

_RULE = "To add a rule, call dualrev.custom_rule"

SPECIAL: tuple[tuple[str, str], ...] = (
    (
        "it is an inverse. dualrev.implicit_root of the function that it inverts has the derivative, or add "
        "a rule with dualrev.custom_rule",
        "bdtri betainccinv chdtri fdtri gdtrix nbdtri pdtri stdtrit tklmbda",
    ),
    (
        f"it solves a distribution function for a parameter, in which that has no closed derivative. {_RULE}",
        "bdtrik bdtrin btdtria btdtrib chdtriv chndtridf chndtrinc fdtridfd gdtria gdtrib nbdtrik nbdtrin ncfdtridfd "
        "ncfdtridfn ncfdtrinc nctdtridf nctdtrinc pdtrik stdtridf",
    ),
    (
        "it is ndtri in other words. Write x - std * dualrev.special.ndtri(p) for nrdtrimn(p, std, x), and "
        "(x - mn) / dualrev.special.ndtri(p) for nrdtrisd(mn, p, x); a rule by dualrev.custom_rule is not needed",
        "nrdtrimn nrdtrisd",
    ),
    (
        f"a noncentral distribution has an infinite series for its density. {_RULE}",
        "chndtr chndtrix ncfdtr ncfdtri nctdtr nctdtrit",
    ),
    (f"its density is a sum without a closed form. {_RULE}", "kolmogorov kolmogi smirnov smirnovi"),
    (f"Riemann's zeta function has no closed derivative in its argument. {_RULE}", "zetac"),
    (
        "its partials are quotients of differences that vanish where two arguments agree. "
        f"{_RULE}, or write it with elliprf and elliprd",
        "elliprj",
    ),
    (f"Lame's functions come from an eigenvalue problem. {_RULE}", "ellip_harm ellip_harm_2 ellip_normal"),
    (
        f"it is an integral whose integrand its parameters change. {_RULE}, or sum over fixed nodes",
        "besselpoly",
    ),
    (
        "it is the integral of a function that has a rule. To add a rule, call dualrev.custom_rule with that function "
        "as the derivative",
        "it2i0k0 it2j0y0 it2struve0 itairy iti0k0 itj0y0 itmodstruve0 itstruve0 modfresnelm modfresnelp",
    ),
    (
        "its slope at the ends -1 and 1 is infinite or a quotient of zeros. Write it with eval_legendre, "
        "eval_gegenbauer and powers of 1 - x * x, or add a rule with dualrev.custom_rule",
        "assoc_legendre_p assoc_legendre_p_all legendre_p legendre_p_all lpmv lqmn lqn sph_harm_y sph_harm_y_all "
        "sph_legendre_p sph_legendre_p_all",
    ),
    (
        f"characteristic values have no closed derivative. {_RULE}",
        "mathieu_a mathieu_b mathieu_even_coef mathieu_odd_coef obl_cv obl_cv_seq pro_cv pro_cv_seq",
    ),
    (
        f"its second result is its derivative in the last argument, and in the others none is closed. {_RULE}, which "
        "takes that",
        "mathieu_cem mathieu_sem mathieu_mod* obl_ang1* obl_rad* pro_ang1* pro_rad* pbdv pbdv_seq pbvv pbvv_seq pbwa "
        "pbdn_seq",
    ),
    (
        "it is a sequence over all orders with its derivatives. Write x * dualrev.special.spherical_jn(n, x), or "
        "spherical_yn, of one order, or add a rule with dualrev.custom_rule",
        "riccati_jn riccati_yn",
    ),
    (
        "it is a sequence over all orders with its derivatives. Write it with jv and gamma, or add a rule "
        "with dualrev.custom_rule",
        "lmbda",
    ),
    (
        "it is periodic with holes that SciPy fills. Write np.sin(n * x / 2) / (n * np.sin(x / 2)), or add "
        "a rule with dualrev.custom_rule",
        "diric",
    ),
)
"""Reasons, and the names; a star stands for the rest of a name."""


def reason(name: str) -> str | None:
    """Return why a function of `scipy.special` has no rule, None if it has one or nobody knows.

    Examples
    --------
    >>> reason("zetac")[:22]
    "Riemann's zeta functio"
    """
    for text, names in SPECIAL:
        if any(fnmatchcase(name, pattern) for pattern in names.split()):
            return text
    return None
