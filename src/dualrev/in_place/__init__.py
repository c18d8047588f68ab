"""Active arrays that are written to in place, and their views."""

from dualrev.in_place.functions import enter
from dualrev.in_place.writing import equip
from dualrev.in_place.written import Written

equip()
enter()

__all__ = ["Written"]
