"""The typed public surface is pinned: a change of `public_surface.txt` is a change for every user of the SDK.

`docs/events.schema.json` pins the fields of the events.
"""

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import BaseModel

import convostream
from convostream.testing import MemoryTransport

PINNED = Path(__file__).parent / "public_surface.txt"


def surface() -> str:
    """Return every public name, with its signature and its methods as the source gives them."""
    public = [(name, getattr(convostream, name)) for name in convostream.__all__]
    public.append(("testing.MemoryTransport", MemoryTransport))
    return "\n".join(line for name, value in public for line in lines(name, value)) + "\n"


def lines(name: str, value: Any) -> Iterator[str]:
    if inspect.isfunction(value):
        yield signature(name, value)
    elif not inspect.isclass(value) or issubclass(value, BaseModel | Exception | dict):
        yield name
    elif is_dataclass(value) or issubclass(value, tuple):
        yield f"{name}({', '.join(f'{field}: {kind.__name__}' for field, kind in value.__annotations__.items())})"
    else:
        yield f"class {name}"
        for method, function in inspect.getmembers(value, inspect.isfunction):
            if (method == "__init__" or not method.startswith("_")) and function.__module__.startswith("convostream"):
                yield "    " + signature(method, function)


def signature(name: str, function: Callable[..., object]) -> str:
    (definition,) = ast.parse(dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef)
    kind = "async def" if isinstance(definition, ast.AsyncFunctionDef) else "def"
    returns = ast.unparse(definition.returns) if definition.returns else "None"
    return f"{kind} {name}({ast.unparse(definition.args)}) -> {returns}"


def test_the_public_surface_is_the_pinned_one() -> None:
    assert surface() == PINNED.read_text(encoding="utf-8")


def test_the_surface_is_typed() -> None:
    assert (Path(convostream.__file__).parent / "py.typed").is_file()
