"""Hyperbolic functions and their inverses."""

from dualrev.primitives.row import Row, math

ROWS = (
    Row(
        "sinh",
        fn=lambda x: math.sinh(x),
        partials=(lambda y, x: math.cosh(x),),
        names=("numpy.sinh", "math.sinh"),
        holomorphic=True,
        latex=r"\sinh",
    ),
    Row(
        "cosh",
        fn=lambda x: math.cosh(x),
        partials=(lambda y, x: math.sinh(x),),
        names=("numpy.cosh", "math.cosh"),
        holomorphic=True,
        latex=r"\cosh",
    ),
    Row(
        "tanh",
        fn=lambda x: math.tanh(x),
        partials=(lambda y, x: math.square(1.0 / math.cosh(x)),),
        names=("numpy.tanh", "math.tanh"),
        holomorphic=True,
        latex=r"\tanh",
    ),
    Row(
        "arcsinh",
        fn=lambda x: math.asinh(x),
        partials=(lambda y, x: 1.0 / math.hypot(x, 1.0),),
        names=("numpy.arcsinh", "math.asinh"),
    ),
    Row(
        "arccosh",
        fn=lambda x: math.acosh(x),
        partials=(lambda y, x: 1.0 / (math.sqrt(x - 1.0) * math.sqrt(x + 1.0)),),
        domain=((1.2, 3.0),),
        points=(((1.0,), (float("inf"),)),),
        names=("numpy.arccosh", "math.acosh"),
    ),
    Row(
        "arctanh",
        fn=lambda x: math.atanh(x),
        partials=(lambda y, x: 1.0 / math.below_one(x),),
        domain=((-0.9, 0.9),),
        names=("numpy.arctanh", "math.atanh"),
        holomorphic=True,
    ),
)
