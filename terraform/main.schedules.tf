# What wakes the controller by the clock: Resource Scheduler, or, where that cannot be had, an alarm that always
# fires and says so again and again. The permission of the schedules follows them, for it names their OCIDs
# (main.iam.tf): what a schedule tries before that fails, and the next time is soon.

locals {
  makes_schedules = var.trigger == "schedule" && local.functions_exist
  makes_clocks    = var.trigger == "alarm" && local.functions_exist

  recurrence = {
    run   = var.run_schedule
    sweep = var.sweep_schedule
  }
}

resource "oci_resource_scheduler_schedule" "wake" {
  for_each = local.makes_schedules ? local.wiring.schedules : {}

  compartment_id     = var.compartment_ocid
  display_name       = each.value.name
  description        = "Invokes ${local.wiring.functions[each.value.function]} with ${jsonencode(each.value.body)}"
  action             = "START_RESOURCE"
  recurrence_type    = "CRON"
  recurrence_details = local.recurrence[each.key]
  local_time_zone    = var.time_zone
  freeform_tags      = local.freeform_tags
  defined_tags       = local.defined_tags

  resources {
    id = local.function_ids[each.value.function]

    parameters {
      parameter_type = "BODY"
      value          = [jsonencode(each.value.body)]
    }
  }
}

# A topic of its own: what the results' topic says would start runs without end.
resource "oci_ons_notification_topic" "clock" {
  for_each = local.makes_clocks ? local.wiring.clocks : {}

  compartment_id = var.compartment_ocid
  name           = local.wiring.topics[each.value.topic]
  description    = "Wakes ${local.wiring.functions[each.value.function]}"
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

resource "oci_ons_subscription" "clock" {
  for_each = local.makes_clocks ? local.wiring.clocks : {}

  compartment_id = var.compartment_ocid
  topic_id       = oci_ons_notification_topic.clock[each.key].id
  protocol       = "ORACLE_FUNCTIONS"
  endpoint       = local.function_ids[each.value.function]
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

# Object Storage tells every hour how many objects a bucket has, as long as it has any: from the first run on.
resource "oci_monitoring_alarm" "clock" {
  for_each = local.makes_clocks ? local.wiring.clocks : {}

  compartment_id               = var.compartment_ocid
  display_name                 = each.value.name
  body                         = "The clock of ${var.name}: it always fires."
  metric_compartment_id        = var.compartment_ocid
  namespace                    = "oci_objectstorage"
  query                        = "ObjectCount[1d]{resourceDisplayName = \"${oci_objectstorage_bucket.inventory.name}\"}.count() > 0"
  severity                     = "INFO"
  destinations                 = [oci_ons_notification_topic.clock[each.key].id]
  message_format               = "RAW"
  repeat_notification_duration = var.alarm_repeat_duration
  is_enabled                   = true
  freeform_tags                = local.freeform_tags
  defined_tags                 = local.defined_tags

  # Else its first message is heard by nobody.
  depends_on = [oci_ons_subscription.clock]
}
