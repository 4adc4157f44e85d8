"""Layers, losses, optimizers, schedules: options that expand to equations. The file of a layer is all that it needs."""

from importlib import import_module
from pkgutil import iter_modules

from nnsolve.blocks.layer import LAYERS
from nnsolve.blocks.losses import LOSSES
from nnsolve.blocks.optimizers import OPTIMIZERS
from nnsolve.blocks.schedules import SCHEDULES

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["LAYERS", "LOSSES", "OPTIMIZERS", "SCHEDULES"]
