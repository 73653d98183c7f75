"""Views that are loaded when they are first called: most servers are never asked for most of them."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ...org.org import Org
from .call import Answer, Call


@dataclass(frozen=True, slots=True)
class View:
    """The function of a module of this package that answers a call."""

    module: str
    name: str

    def __call__(self, org: Org, call: Call) -> Answer:
        made: Answer = getattr(import_module(self.module, __package__), self.name)(org, call)
        return made


class Views:
    """The views of a module by name: ``Views(".actions").root`` is its function `root`."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return View(self._module, name)
