# Events rules: a region's outcome wakes the aggregator, and what the owner chooses starts a run.

locals {
  rule_conditions = {
    outcome = var.outcome_rule ? jsonencode(local.wiring.rules.outcome.condition) : null
    start   = local.given.start_event_condition
  }
}

resource "oci_events_rule" "wake" {
  for_each = {
    for kind, each in local.wiring.rules : kind => each
    if local.rule_conditions[kind] != null && local.functions_exist
  }

  compartment_id = var.compartment_ocid
  display_name   = each.value.name
  description    = "Invokes ${local.wiring.functions[each.value.function]}"
  condition      = local.rule_conditions[each.key]
  is_enabled     = true
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags

  actions {
    action {
      action_type = "FAAS"
      function_id = local.function_ids[each.value.function]
      is_enabled  = true
    }
  }
}
