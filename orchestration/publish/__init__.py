"""Write, audit, publish: a night becomes an immutable store that readers see at once or not at all."""

from orchestration.publish.run import Published, run

__all__ = ["Published", "run"]
