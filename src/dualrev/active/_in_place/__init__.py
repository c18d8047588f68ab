"""Active arrays that are written to in place, and their views."""

from dualrev.active._in_place.constructors import install
from dualrev.active._in_place.numpy_functions import enter
from dualrev.active._in_place.operators import equip_written
from dualrev.active._in_place.writing import equip
from dualrev.active._in_place.written import Written

equip()
equip_written()
install()
enter()

__all__ = ["Written"]
