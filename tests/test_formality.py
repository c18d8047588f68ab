"""What keeps the table usable on every target, the layers apart, the files short and the import quick."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import dualrev as dr
from dualrev.kernels import cpu, numpy_rows, sympy_rows
from dualrev.primitives import host, scalar
from dualrev.primitives.host import HOST, HOST_FAMILIES
from dualrev.primitives.row import calls
from dualrev.primitives.scalar import FAMILIES, FORMULAS, TABLE

SOURCE = Path(dr.__file__).parent
MODULES = {".".join(path.relative_to(SOURCE).with_suffix("").parts): path for path in sorted(SOURCE.rglob("*.py"))}
ROOT = Path(__file__).parents[1]
OUTSIDE = {
    f"{path.relative_to(ROOT)}": path
    for folder, endings in (
        ("benchmarks", "*.py"),
        ("examples", "*.py"),
        ("docs", "*.py"),
        ("docs", "*.md"),
        ("docs", "*.rst"),
    )
    for path in (ROOT / folder).rglob(endings)
}
"""What users of the package import and read, by its path."""

MOST_LINES = 300

LAYERS = (
    {"errors"},
    {"environment"},
    {"documents"},
    {"primitives", "auto", "problems"},
    {"kernels"},
    {"active"},
    {"special", "linalg"},
    {"forward", "reverse"},
    {"nn"},
    {"compiled"},
    {"cuda"},
    {"operators"},
    {"verification", "teaching", "optim"},
    {"custom", "comparison"},
    {"cli", "__init__"},
    {"__main__"},
)
"""Bottom to top: a module imports from its own part and from parts in lower layers, from no other."""

RANK = {part: rank for rank, layer in enumerate(LAYERS) for part in layer}
EXPRESSIONS = (
    *(ast.Lambda, ast.arguments, ast.arg, ast.Name, ast.Load, ast.Constant, ast.Attribute, ast.Call),
    *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.operator, ast.unaryop, ast.cmpop),
)


def rules() -> Iterator[tuple[str, Any]]:
    """Return every rule of the table, with a name."""
    for row in (*TABLE.values(), *HOST.values()):
        yield f"{row.name}.fn", row.fn
        if row.definition is not None:
            yield f"{row.name}.definition", row.definition
        yield from ((f"{row.name}.partials[{n}]", rule) for n, rule in enumerate(row.partials) if rule is not None)
    yield from FORMULAS.items()


RULES = list(rules())
TO_SYMPY = {row.fn for row in HOST.values()} | {row.definition for row in TABLE.values()}
"""Rules that say what a function is, and compute no numbers."""


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a file's syntax tree, which several tests look at."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Return the parts of dualrev that a file imports, also inside functions."""
    parts: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            inside = [f"dualrev.{alias.name}" for alias in node.names] if node.module == "dualrev" else [node.module]
        elif isinstance(node, ast.Import):
            inside = [alias.name for alias in node.names]
        else:
            continue
        names = [(name or "").split(".") for name in inside]
        parts |= {name[1] if len(name) > 1 else "__init__" for name in names if name[0] == "dualrev"}
    return {part if part in RANK or part in map(part_of, MODULES) else "__init__" for part in parts}


def modules_imported(path: Path) -> set[str]:
    """Return the modules of dualrev that a file names, in imports and, if it is a page, in its text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return {
            name
            for name in re.findall(r"\bdualrev\.([a-z_.]*[a-z_])", text)
            if name in MODULES or f"{name}.__init__" in MODULES
        }
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    inside = {name.removeprefix("dualrev.") for name in names if name.startswith("dualrev.")}
    return {name for name in inside if is_module(name)}


def is_module(name: str) -> bool:
    return name in MODULES or f"{name}.__init__" in MODULES


def part_of(module: str) -> str:
    return module.split(".")[0]


def closes_over_nothing(rule: Any) -> bool:
    """Whether a rule is one expression of its arguments."""
    code = rule.__code__
    plain = rule.__name__ == "<lambda>" and rule.__defaults__ is None and rule.__closure__ is None
    return plain and not code.co_kwonlyargcount + code.co_posonlyargcount and code.co_nlocals == code.co_argcount


def test_a_rule_is_one_expression_that_closes_over_nothing() -> None:
    assert [name for name, rule in RULES if not closes_over_nothing(rule)] == []
    y = 1.0
    assert not any(map(closes_over_nothing, (lambda x: x + y, lambda x=1.0: x, lambda *, x: x, abs_of_two)))


def abs_of_two(x: Any) -> Any:
    """Break the rule for rules: a function with a name."""
    return abs(x)


def test_what_a_rule_calls_exists_on_every_target() -> None:
    missing = []
    for rule_name, rule in RULES:
        on_host = Path(rule.__code__.co_filename).parent.name == "host"
        of_numpy = () if rule in TO_SYMPY else (numpy_rows._TARGET,)
        for target in (sympy_rows._TARGET, *of_numpy, *(() if on_host or rule in TO_SYMPY else (cpu.target(),))):
            missing += [f"{rule_name}: {name}" for name in calls(rule) if target.resolve(name) is None]
    assert missing == []


@pytest.mark.parametrize("family", FAMILIES + HOST_FAMILIES, ids=lambda family: family.__name__.rpartition(".")[2])
def test_rules_are_expressions_over_math_and_select(family: Any) -> None:
    lambdas = [node for node in ast.walk(ast.parse(inspect.getsource(family))) if isinstance(node, ast.Lambda)]
    assert lambdas
    for rule in lambdas:
        where = f"{family.__name__}, line {rule.lineno}: {ast.unparse(rule)}"
        parameters = {argument.arg for argument in rule.args.args}
        for node in ast.walk(rule):
            assert isinstance(node, EXPRESSIONS), f"{where}: {type(node).__name__}"
            if isinstance(node, ast.Attribute):
                assert isinstance(node.value, ast.Name), where
                assert node.value.id == "math", where
            if isinstance(node, ast.Name):
                assert node.id in parameters | {"math", "select"}, f"{where}: {node.id}"
            if isinstance(node, ast.Constant):
                assert isinstance(node.value, int | float), where
            if isinstance(node, ast.Call):
                assert not node.keywords, where


def test_one_rule_stands_on_a_line() -> None:
    """Numba's disk cache takes two functions that begin on one line of a file for the same function."""
    codes = {id(rule.__code__): rule.__code__ for _, rule in RULES}
    lines = Counter((code.co_filename, code.co_firstlineno) for code in codes.values())
    assert [line for line, count in lines.items() if count > 1] == []
    assert {Path(name).parent for name, _ in lines} == {Path(table.__file__).parent for table in (scalar, host)}


def test_names_are_used_once() -> None:
    names = Counter(name for row in (*TABLE.values(), *HOST.values()) for name in row.names)
    assert [name for name, count in names.items() if count > 1] == []
    assert set(TABLE).isdisjoint(FORMULAS)
    assert set(HOST).isdisjoint(TABLE.keys() | FORMULAS.keys())
    assert len(TABLE) == sum(len(family.ROWS) for family in FAMILIES)


def test_every_part_has_a_layer() -> None:
    assert {part_of(module) for module in MODULES} - RANK.keys() == set(), "say in LAYERS where it stands"


def test_imports_point_down() -> None:
    assert [
        f"{module} imports {other}"
        for module, path in MODULES.items()
        for other in sorted(imports(path) - {part_of(module)})
        if RANK[other] >= RANK[part_of(module)]
    ] == []


def test_what_only_its_own_package_imports_begins_with_an_underscore() -> None:
    """A room that nobody outside enters has an underscore in its path; one that others enter has none."""
    files = MODULES | OUTSIDE
    entered = {
        other.removesuffix(".__init__")
        for module, path in files.items()
        for other in modules_imported(path)
        if part_of(other) != part_of(module)
    }
    entered |= {".".join(name.split(".")[:n]) for name in entered for n in range(1, name.count(".") + 1)}
    inner = {name.removesuffix(".__init__") for name in MODULES if "." in name.removesuffix(".__init__")}
    hidden = {name for name in inner if "._" in name}
    assert sorted(hidden & entered) == []
    assert sorted(name for name in inner - hidden - entered) == []


def test_the_house_is_one_that_can_be_surveyed() -> None:
    loose = {module for module in MODULES if "." not in module and MODULES[module].name != "__init__.py"}
    loose -= {"__init__", "__main__"}
    packages = {part_of(module) for module in MODULES if "." in module}
    assert len(loose) <= 7
    assert len(packages) <= 17
    assert len(LAYERS) <= 16


def assignments_to_numba(path: Path) -> Iterator[str]:
    """Yield the assignments of a file to attributes and entries of what it imports from Numba."""
    tree = tree_of(path)
    names: set[str] = set()
    for node in ast.walk(tree):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        glue = (module or "").startswith("numba.cuda")  # of a device, which `kernels/cuda_target.py` keeps by itself
        if isinstance(node, ast.ImportFrom | ast.Import):
            parts = [(module or each.name).partition(".")[0] for each in node.names]
            names |= {
                (each.asname or each.name).partition(".")[0]
                for each, part in zip(node.names, parts, strict=True)
                if part == "numba" and not glue and each.name != "cuda"
            }
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("setattr", "delattr"):
            targets = [ast.Attribute(node.args[0])]
        for target in targets:
            root: Any = target
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            if root is not target and isinstance(root, ast.Name) and root.id in names:
                yield ast.unparse(node)


def test_numba_is_patched_in_one_file() -> None:
    found = {module: list(assignments_to_numba(path)) for module, path in MODULES.items()}
    patches = found.pop("kernels.numba_patches")
    assert len(patches) == 7  # a patch less or more is a decision: see what the file says of each
    assert {module: some for module, some in found.items() if some} == {}


def test_forward_and_reverse_do_not_know_each_other() -> None:
    for one, other in (("forward", "reverse"), ("reverse", "forward")):
        for module, path in MODULES.items():
            assert part_of(module) != one or other not in imports(path)


def test_files_are_short_and_say_what_they_are() -> None:
    texts = {module: path.read_text(encoding="utf-8") for module, path in MODULES.items()}
    assert [module for module, text in texts.items() if text.count("\n") > MOST_LINES] == []
    assert [module for module, text in texts.items() if not ast.get_docstring(tree_of(MODULES[module]))] == []


def test_public_names_are_documented() -> None:
    missing = []
    for name in dr.__all__:
        thing = getattr(dr, name)
        assert name in dir(dr)
        members = [
            (key, each) for key, each in vars(thing).items() if inspect.isclass(thing) and not key.startswith("_")
        ]
        named = [(name, thing), *((f"{name}.{key}", each) for key, each in members if callable(each))]
        missing += [path for path, each in named if not each.__doc__ and each.__name__ != "<lambda>"]
    assert missing == []


def test_importing_dualrev_loads_nothing_that_is_slow() -> None:
    heavy = ("sympy", "scipy", "matplotlib", "rich", "numba.cuda", "mpmath", "pandas")
    program = (
        f"import sys, dualrev; print([m for m in {heavy} if m in sys.modules]); dualrev.grad(lambda x: x * x)(1.0)"
    )
    program += f"; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        dr.nonsense  # noqa: B018
    with pytest.raises(AttributeError, match=r"nonsense.*erf"):
        dr.special.nonsense  # noqa: B018


def rows_listed(text: str) -> list[str]:
    """Return the collections of a module that hold names of two rows or more, as strings or keys, but for `__all__`."""
    tree = ast.parse(text)
    public = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "__all__" in map(ast.unparse, node.targets)
    ]
    passed = {id(inner) for node in public for inner in ast.walk(node)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Set | ast.List | ast.Tuple | ast.Dict) and id(node) not in passed:
            members = node.keys if isinstance(node, ast.Dict) else node.elts
            names = {each.value for each in members if isinstance(each, ast.Constant)} & (TABLE.keys() | HOST.keys())
            if len(names) > 1:
                found.append(f"line {node.lineno}: {', '.join(sorted(names))}")
    return found


def test_no_list_outside_the_table_knows_rows_by_name() -> None:
    """What is true of a row is a field of it: of a list elsewhere, a new row is silently left out."""
    found = {
        module: rows_listed(path.read_text(encoding="utf-8"))
        for module, path in MODULES.items()
        if part_of(module) != "primitives"
    }
    assert {module: lists for module, lists in found.items() if lists} == {}


@pytest.mark.parametrize(
    "text",
    [
        'QUIET = {"sin", "floor"}',
        'USE = {"erf": 1, "lgamma": 2, "gamma": 3}',
        'f(*("expit", "jv"))',
        'if x in ["add", "log"]: pass',
    ],
)
def test_a_list_of_rows_is_seen(text: str) -> None:
    assert len(rows_listed(text)) == 1
    assert (
        rows_listed('__all__ = ["sin", "cos"]')
        == rows_listed('call("sin", "cos")')
        == rows_listed('{"sin": "cos"}')
        == []
    )
