"""Layers, losses and optimizers: options that expand to equations."""

from nnsolve.blocks import dense, embedding, gru, lstm, pooling, rnn
from nnsolve.blocks.layer import LAYERS
from nnsolve.blocks.losses import LOSSES
from nnsolve.blocks.optimizers import OPTIMIZERS
from nnsolve.blocks.schedules import SCHEDULES

__all__ = ["LAYERS", "LOSSES", "OPTIMIZERS", "SCHEDULES", "dense", "embedding", "gru", "lstm", "pooling", "rnn"]
