"""Ways of learning, one per file. A new file here is a new way of learning everywhere."""

from typing import TYPE_CHECKING

from models.kinds import scan, union
from models.learners.base import Learner

scan(__name__, __path__)

if TYPE_CHECKING:
    AnyLearner = Learner
else:
    AnyLearner = union(Learner)

__all__ = ["AnyLearner", "Learner"]
