# Alarms. A run posts its metrics once, when it ends, so its alarms look at an hour and fire for an hour.

locals {
  run_alarms = var.alarms_enabled && var.metrics_enabled ? {
    run_failed = {
      name      = "${var.name}-run-failed"
      namespace = var.metrics_namespace
      query     = "run_state[1h]{status = \"failed\"}.max() > 0"
      severity  = "CRITICAL"
      pending   = null
      body      = "A run of ${var.name} has failed, and latest.json still names the run before it. The run's closed.json and the functions' logs say why."
    }
    gaps = {
      name      = "${var.name}-gaps"
      namespace = var.metrics_namespace
      query     = "gaps[1h]{status = \"published\"}.max() > ${var.alarm_gaps_above}"
      severity  = "WARNING"
      pending   = null
      body      = "The last inventory of ${var.name} has more than ${var.alarm_gaps_above} gaps. The section Exclusion and Gap Details of its report names each of them."
    }
    service_throttles = {
      name      = "${var.name}-service-throttles"
      namespace = var.metrics_namespace
      query     = "throttles[1h].max() > ${var.alarm_throttles_above}"
      severity  = "WARNING"
      pending   = null
      body      = "Services have answered a run of ${var.name} with 429 more than ${var.alarm_throttles_above} times. INVENTORY_REQUESTS_PER_SECOND makes it ask more slowly."
    }
  } : {}

  # Of one status only, and grouped by it: an absence is told of each stream of a metric by itself. An alarm's
  # interval is a day at most, and its delay an hour, which also covers that a run does not always take as long.
  overdue_alarms = var.alarms_enabled && var.metrics_enabled && var.alarm_run_overdue_hours != null ? {
    run_overdue = {
      name      = "${var.name}-run-overdue"
      namespace = var.metrics_namespace
      query     = "run_state[${coalesce(var.alarm_run_overdue_hours, 24)}h]{status = \"published\"}.groupBy(status).absent(3d)"
      severity  = "CRITICAL"
      pending   = "PT1H"
      body      = "No run of ${var.name} has been published for ${coalesce(var.alarm_run_overdue_hours, 24) + 1} hours. The controller's answer to {\"action\": \"status\"} says what is open."
    }
  } : {}

  function_alarms = var.alarms_enabled ? {
    function_errors = {
      name      = "${var.name}-function-errors"
      namespace = "oci_faas"
      query     = "FunctionResponseCount[5m]{applicationId = \"${oci_functions_application.inventory.id}\", responseType = \"Error\"}.sum() > 0"
      severity  = "ERROR"
      pending   = null
      body      = "A function of ${var.name} has answered with an error. The next sweep goes on with the run; the functions' logs say what happened."
    }
    function_throttles = {
      name      = "${var.name}-function-throttles"
      namespace = "oci_faas"
      query     = "FunctionResponseCount[5m]{applicationId = \"${oci_functions_application.inventory.id}\", responseType = \"Throttled\"}.sum() > 0"
      severity  = "WARNING"
      pending   = null
      body      = "Calls of functions of ${var.name} were turned down with 429. The region's limit total-concurrency-mb must be the memory of all functions that work at once."
    }
  } : {}
}

resource "oci_monitoring_alarm" "inventory" {
  for_each = merge(local.run_alarms, local.overdue_alarms, local.function_alarms)

  compartment_id        = var.compartment_ocid
  display_name          = each.value.name
  body                  = each.value.body
  metric_compartment_id = var.compartment_ocid
  namespace             = each.value.namespace
  query                 = each.value.query
  severity              = each.value.severity
  pending_duration      = each.value.pending
  destinations          = [oci_ons_notification_topic.results.id]
  message_format        = "ONS_OPTIMIZED"
  is_enabled            = true
  freeform_tags         = local.freeform_tags
  defined_tags          = local.defined_tags
}
