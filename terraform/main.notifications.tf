# The topic that people hear of: ends of runs, alarms, calls that failed. Whoever is subscribed by mail is asked
# for a confirmation first.

resource "oci_ons_notification_topic" "results" {
  compartment_id = var.compartment_ocid
  name           = local.wiring.topics.results
  description    = "Ends of runs of ${var.name}, its alarms, and calls of its functions that failed"
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

locals {
  told = concat(
    var.subscriptions,
    [for address in compact([local.given.notification_email]) : { protocol = "EMAIL", endpoint = address }],
  )
}

resource "oci_ons_subscription" "results" {
  for_each = { for each in local.told : "${each.protocol} ${each.endpoint}" => each... }

  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.results.id
  protocol       = each.value[0].protocol
  endpoint       = each.value[0].endpoint
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}
