"""The audience language: expressions over tags, parsed, checked, compiled to one condition."""

from features.audience.compile import Compiled, compile_expression
from features.audience.parser import parse
from features.audience.types import catalogue_of, check

__all__ = ["Compiled", "catalogue_of", "check", "compile_expression", "parse"]
