"""How the product gets into a tenancy: `cloud_shell.sh` with an image, `code_only` without one.

`code_only` does what the Terraform provider has no argument for, functions from an archive, and nothing else:
names, configurations and limits are Terraform's outputs.
"""
