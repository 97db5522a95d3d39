# The topic that people hear of: ends of runs, alarms, calls that failed. Whoever is subscribed by mail is asked
# for a confirmation first.

resource "oci_ons_notification_topic" "results" {
  compartment_id = var.compartment_ocid
  name           = local.wiring.topics.results
  description    = "Ends of runs of ${var.name}, its alarms, and calls of its functions that failed"
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

resource "oci_ons_subscription" "results" {
  for_each = { for each in var.subscriptions : "${each.protocol} ${each.endpoint}" => each }

  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.results.id
  protocol       = each.value.protocol
  endpoint       = each.value.endpoint
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}
