output "application_id" {
  description = "The OCID of the application."
  value       = oci_functions_application.inventory.id
}

output "function_ids" {
  description = "The OCIDs of the functions by role; null where code_only has left one to be made."
  value       = local.function_ids
}

output "invoke_endpoint" {
  description = "Where all functions of the application are invoked; null where there are none yet."
  value       = local.invoke_endpoint
}

output "function_configs" {
  description = "The configuration of each function by role, as it is or, with code_only, as it is to be made."
  value = {
    controller = local.controller_config
    region     = local.region_config
    aggregator = local.aggregator_config
  }

  precondition {
    condition     = alltrue([for bytes in values(local.config_bytes) : bytes <= 4096])
    error_message = "A function's configuration is over 4096 bytes; shorten settings."
  }
}

output "function_limits" {
  description = "Memory and timeouts of each function by role, for whoever makes them with code_only."
  value       = local.limits
}

output "function_options" {
  description = "Tracing and tags of all functions, for whoever makes them with code_only."
  value = {
    tracing_enabled = var.tracing_enabled
    freeform_tags   = var.freeform_tags
    defined_tags    = var.defined_tags
  }
}

output "bucket" {
  description = "The name of the bucket."
  value       = oci_objectstorage_bucket.inventory.name
}

output "namespace" {
  description = "The Object Storage namespace of the bucket."
  value       = oci_objectstorage_bucket.inventory.namespace
}

output "prefix" {
  description = "What the names of all objects begin with."
  value       = var.prefix
}

output "topic_id" {
  description = "The OCID of the topic that is told of ends of runs, alarms and failed calls."
  value       = oci_ons_notification_topic.results.id
}

output "schedule_ids" {
  description = "The OCIDs of the schedules by what they do; empty without trigger \"schedule\"."
  value       = { for kind, each in oci_resource_scheduler_schedule.wake : kind => each.id }
}

output "names" {
  description = "Names, bodies and conditions of all parts, as in deployment.yaml."
  value       = local.wiring
}

output "policies" {
  description = "What may be done by whom, by role: the dynamic group, its matching rule, and the statements as they are in force."
  value = merge(
    {
      for role in local.member_roles : role => {
        group      = oci_identity_dynamic_group.role[role].name
        members    = oci_identity_dynamic_group.role[role].matching_rule
        statements = oci_identity_policy.role[role].statements
      }
    },
    {
      services = {
        group      = null
        members    = null
        statements = oci_identity_policy.services.statements
      }
    },
  )
}
