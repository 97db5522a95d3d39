"""OCI Functions: applications, functions, and the containers that run them as real `fdk` processes."""

from emulator.functions.calls import Call, InvokeResult
from emulator.functions.definitions import Application, Function
from emulator.functions.rules import Rules
from emulator.functions.service import FunctionsService

__all__ = ["Application", "Call", "Function", "FunctionsService", "InvokeResult", "Rules"]
