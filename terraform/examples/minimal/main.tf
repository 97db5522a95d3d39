# The smallest deployment: a run every night at four, UTC, in a network of its own; a mail tells of its end.

variable "tenancy_ocid" {
  description = "The OCID of the tenancy."
  type        = string
}

variable "compartment_ocid" {
  description = "The OCID of the compartment for everything that is made."
  type        = string
}

module "inventory" {
  source = "../.."

  tenancy_ocid     = var.tenancy_ocid
  compartment_ocid = var.compartment_ocid
  region           = "eu-frankfurt-1"
  image            = "fra.ocir.io/mynamespace/oci-inventory:0.1.0"

  notification_email = "cloud-team@example.com"
}

output "report" {
  description = "Where the last report is found: the object latest.json names it."
  value       = "${module.inventory.bucket}/${module.inventory.prefix}/latest.json"
}
