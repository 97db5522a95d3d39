"""IAM of the emulated tenancy: policy statements, and what they allow whom.

Independent of the product: it reads its statements from the file that Terraform builds from (`product`).
"""

from emulator.iam.access import NOT_PERMITTED, Access, NotPermittedError, Policy
from emulator.iam.places import Places

__all__ = ["NOT_PERMITTED", "Access", "NotPermittedError", "Places", "Policy"]
