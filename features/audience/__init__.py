"""The audience language: expressions over tags, parsed, checked, compiled to one condition."""

from features.audience.compile import Compiled, compile_expression
from features.audience.parser import parse
from features.audience.references import References
from features.audience.types import catalogue_of, check
from features.audience.written import written

__all__ = ["Compiled", "References", "catalogue_of", "check", "compile_expression", "parse", "written"]
