"""Mistakes as edits of a program; importing a family registers its mistakes."""

from nnsolve.checking.mistakes import activations as activations
from nnsolve.checking.mistakes import batches as batches
from nnsolve.checking.mistakes import biases as biases
from nnsolve.checking.mistakes import copying as copying
from nnsolve.checking.mistakes import derivatives as derivatives
from nnsolve.checking.mistakes import gates as gates
from nnsolve.checking.mistakes import losses as losses
from nnsolve.checking.mistakes import optimizers as optimizers
from nnsolve.checking.mistakes import otherloss as otherloss
from nnsolve.checking.mistakes import parts as parts
from nnsolve.checking.mistakes import penalties as penalties
from nnsolve.checking.mistakes import rounding as rounding
from nnsolve.checking.mistakes import samples as samples
from nnsolve.checking.mistakes import sequences as sequences
from nnsolve.checking.mistakes import signs as signs
from nnsolve.checking.mistakes import updates as updates
from nnsolve.checking.mistakes import values as values
from nnsolve.checking.mistakes import weights as weights
from nnsolve.checking.mistakes import words as words
from nnsolve.checking.mistakes.mistake import CAUSES as CAUSES
