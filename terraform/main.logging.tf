# Logs of all calls of the application's functions.

resource "oci_logging_log_group" "inventory" {
  count = var.logs_enabled ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = var.name
  description    = "Logs of ${var.name}"
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

resource "oci_logging_log" "functions" {
  count = var.logs_enabled ? 1 : 0

  log_group_id       = one(oci_logging_log_group.inventory[*].id)
  display_name       = "${var.name}-functions"
  log_type           = "SERVICE"
  is_enabled         = true
  retention_duration = var.log_retention_days
  freeform_tags      = local.freeform_tags
  defined_tags       = local.defined_tags

  configuration {
    compartment_id = var.compartment_ocid

    source {
      source_type = "OCISERVICE"
      service     = "functions"
      category    = "invoke"
      resource    = oci_functions_application.inventory.id
    }
  }
}
