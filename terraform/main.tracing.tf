# Traces of calls, in a domain of Application Performance Monitoring: the owner's, or one made for them.

locals {
  makes_apm_domain   = var.tracing_enabled && local.given.apm_domain_id == null
  asks_apm_domain    = var.tracing_enabled && local.given.apm_domain_id != null
  apm_domain_id      = local.makes_apm_domain ? one(oci_apm_apm_domain.inventory[*].id) : local.given.apm_domain_id
  apm_compartment_id = local.asks_apm_domain ? one(data.oci_apm_apm_domain.given[*].compartment_id) : var.compartment_ocid
}

resource "oci_apm_apm_domain" "inventory" {
  count = local.makes_apm_domain ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = var.name
  description    = "Traces of ${var.name}"
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

data "oci_apm_apm_domain" "given" {
  count = local.asks_apm_domain ? 1 : 0

  apm_domain_id = local.given.apm_domain_id
}
