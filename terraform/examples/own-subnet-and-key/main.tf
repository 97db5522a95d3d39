# In a network that is there already, with a key of one's own, smaller functions for a small tenancy, and alarms
# that know this tenancy: it has two gaps that its owner accepts.

variable "tenancy_ocid" {
  description = "The OCID of the tenancy."
  type        = string
}

variable "compartment_ocid" {
  description = "The OCID of the compartment for everything that is made."
  type        = string
}

variable "subnet_ocid" {
  description = "The OCID of a private subnet with routes to a service gateway and a NAT gateway."
  type        = string
}

variable "kms_key_ocid" {
  description = "The OCID of the key for the bucket."
  type        = string
}

variable "security_compartment_ocid" {
  description = "The OCID of the compartment of the key."
  type        = string
}

module "inventory" {
  source = "../.."

  tenancy_ocid     = var.tenancy_ocid
  compartment_ocid = var.compartment_ocid
  region           = "eu-frankfurt-1"
  name             = "inventory-prod"
  image            = "fra.ocir.io/mynamespace/oci-inventory:0.1.0"
  shape            = "GENERIC_ARM"
  subnet_ids       = [var.subnet_ocid]

  bucket_name            = "tenancy-inventory"
  kms_key_id             = var.kms_key_ocid
  kms_key_compartment_id = var.security_compartment_ocid
  old_versions_days      = 30

  controller_memory_in_mbs = 512
  aggregator_memory_in_mbs = 2048

  run_schedule = "30 5 * * 1-5"
  time_zone    = "Europe/Berlin"

  # No run is due on a weekend, so its absence is no alarm.
  alarm_run_overdue_hours = null
  alarm_gaps_above        = 2
  log_retention_days      = 90

  subscriptions = [
    { protocol = "PAGERDUTY", endpoint = "https://events.pagerduty.com/integration/0123456789abcdef/enqueue" },
  ]

  settings = {
    INVENTORY_EXCLUDE_TYPES  = "ConsoleResourceCollection"
    INVENTORY_RETENTION_RUNS = "90"
  }

  freeform_tags = {
    team = "platform"
  }
}

output "policies" {
  description = "What the deployment may do."
  value       = module.inventory.policies
}
