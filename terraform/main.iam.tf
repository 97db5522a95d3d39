# Dynamic groups and policies, one of each role of policies.yaml, where every statement stands with its reason.
#
# Which roles and statements there are must be known before any OCID is, so that is read from the file as it is;
# the statements' words come from the file with its OCIDs and names filled in.

locals {
  roles = yamldecode(file("${path.module}/policies.yaml"))

  # The words that `if` knows; a word that is not here fails the plan.
  features = {
    notifications     = true
    metrics           = var.metrics_enabled
    executive_summary = var.executive_summary != null
    schedules         = local.makes_schedules
    customer_key      = local.given.kms_key_id != null
    code_only         = var.code_only
    events            = var.outcome_rule || local.given.start_event_condition != null
    tracing           = var.tracing_enabled
  }

  is_on = {
    for role, each in local.roles :
    role => contains(keys(each), "if") ? local.features[each["if"]] : true
  }
  statements_on = {
    for role, each in local.roles :
    role => [for statement in each.statements : contains(keys(statement), "if") ? local.features[statement["if"]] : true]
  }

  # Roles whose group and policy name functions.
  member_roles = toset([
    for role, each in local.roles :
    role if contains(keys(each), "members") && local.is_on[role] && local.functions_exist
  ])

  words = merge(
    { for role in keys(local.roles) : "${role}_group" => "${var.name}-${role}" },
    {
      compartment_id         = var.compartment_ocid
      bucket_compartment_id  = var.compartment_ocid
      bucket_name            = local.bucket_name
      prefix                 = var.prefix
      region                 = var.region
      metrics_compartment_id = var.compartment_ocid
      metrics_namespace      = var.metrics_namespace
      genai_compartment_id   = var.executive_summary == null ? "" : var.executive_summary.compartment_id
      kms_key_id             = local.given.kms_key_id == null ? "" : local.given.kms_key_id
      kms_key_compartment_id = local.given.kms_key_compartment_id == null ? var.compartment_ocid : local.given.kms_key_compartment_id
      apm_compartment_id     = local.apm_compartment_id
    },
  )

  # Oracle's own services, which bucket and application wait for: no function's OCID may be needed here.
  services = yamldecode(templatefile("${path.module}/policies.yaml", merge(local.words, {
    controller_function_id = ""
    region_function_id     = ""
    aggregator_function_id = ""
    schedule_id_rules      = ""
  }))).services

  members = yamldecode(templatefile("${path.module}/policies.yaml", merge(local.words, {
    controller_function_id = local.functions_exist ? local.controller_id : ""
    region_function_id     = local.functions_exist ? local.region_id : ""
    aggregator_function_id = local.functions_exist ? local.aggregator_id : ""
    schedule_id_rules      = join(", ", [for each in oci_resource_scheduler_schedule.wake : "resource.id = '${each.id}'"])
  })))

  service_statements = [
    for index, each in local.services.statements : each.allow if local.statements_on.services[index]
  ]
  member_statements = {
    for role in local.member_roles :
    role => [for index, each in local.members[role].statements : each.allow if local.statements_on[role][index]]
  }
}

resource "oci_identity_dynamic_group" "role" {
  for_each = local.member_roles
  provider = oci.home

  compartment_id = var.tenancy_ocid
  name           = local.words["${each.key}_group"]
  description    = local.roles[each.key].purpose
  matching_rule  = local.members[each.key].members
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

# In the root compartment, because the region worker reads the whole tenancy.
resource "oci_identity_policy" "role" {
  for_each = local.member_roles
  provider = oci.home

  compartment_id = var.tenancy_ocid
  name           = oci_identity_dynamic_group.role[each.key].name
  description    = local.roles[each.key].purpose
  statements     = local.member_statements[each.key]
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

resource "oci_identity_policy" "services" {
  provider = oci.home

  compartment_id = var.tenancy_ocid
  name           = "${var.name}-services"
  description    = local.roles.services.purpose
  statements     = local.service_statements
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}
