"""The warm fork server and its event loop."""

from tests.warm import forks, runner

__all__ = ["forks", "runner"]
