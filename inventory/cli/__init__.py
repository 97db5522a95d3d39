"""`oci-inv`: the command for people and programs outside the functions."""
