"""Active arrays that are written to in place, and their views."""

from dualrev.in_place.constructors import install
from dualrev.in_place.functions import enter
from dualrev.in_place.operators import equip_written
from dualrev.in_place.writing import equip
from dualrev.in_place.written import Written

equip()
equip_written()
install()
enter()

__all__ = ["Written"]
