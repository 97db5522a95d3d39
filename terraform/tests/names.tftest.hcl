# What is made, what it is called, and what is only made where it is asked for.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias = "home"
}

run "parts_have_the_names_of_the_wiring" {
  assert {
    condition     = oci_functions_application.inventory.display_name == "oci-inventory"
    error_message = "The application's name."
  }
  assert {
    condition = {
      controller = oci_functions_function.controller[0].display_name
      region     = oci_functions_function.region[0].display_name
      aggregator = oci_functions_function.aggregator[0].display_name
    } == { controller = "oci-inventory-controller", region = "oci-inventory-region", aggregator = "oci-inventory-aggregator" }
    error_message = "The functions' names."
  }
  assert {
    condition     = oci_ons_notification_topic.results.name == "oci-inventory"
    error_message = "The topic's name."
  }
  assert {
    condition = { for kind, each in oci_resource_scheduler_schedule.wake : kind => each.display_name } == {
      run   = "oci-inventory-run"
      sweep = "oci-inventory-sweep"
    }
    error_message = "The schedules' names."
  }
  assert {
    condition     = oci_objectstorage_bucket.inventory.name == "oci-inventory" && output.bucket == "oci-inventory"
    error_message = "The bucket is called as the deployment, unless it is given a name."
  }
  assert {
    condition     = output.namespace == "mynamespace" && output.prefix == "inventory"
    error_message = "Where the results lie."
  }
}

run "all_names_follow_the_deployment" {
  variables {
    name        = "second"
    trigger     = "alarm"
    bucket_name = "results"
    prefix      = "cloud/inventory"
  }

  assert {
    condition = output.names == merge(output.names, {
      application = "second"
      functions   = { controller = "second-controller", region = "second-region", aggregator = "second-aggregator" }
      topics      = { results = "second", clock = "second-clock" }
    })
    error_message = "The names that are told are not those of the deployment."
  }
  assert {
    condition     = output.names.rules.outcome.condition.data.resourceName == "cloud/inventory/runs/*/regions/*/outcome.json"
    error_message = "The rule on outcomes looks below another prefix."
  }
  assert {
    condition     = output.names.rules.outcome.condition.data.additionalDetails.bucketName == "results"
    error_message = "The rule on outcomes looks into another bucket."
  }
  assert {
    condition     = alltrue([for each in oci_identity_policy.role : startswith(each.name, "second-")])
    error_message = "A policy would collide with another deployment's."
  }
  assert {
    condition     = alltrue([for each in oci_identity_dynamic_group.role : startswith(each.name, "second-")])
    error_message = "A dynamic group would collide with another deployment's."
  }
  assert {
    condition     = alltrue([for each in oci_monitoring_alarm.inventory : startswith(each.display_name, "second-")])
    error_message = "An alarm is called like another deployment's."
  }
}

run "functions_have_their_own_limits_and_one_image" {
  variables {
    image_digest                           = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
    controller_memory_in_mbs               = 256
    controller_timeout_in_seconds          = 60
    controller_detached_timeout_in_seconds = 600
    region_memory_in_mbs                   = 2048
    region_timeout_in_seconds              = 120
    region_detached_timeout_in_seconds     = 1800
    aggregator_memory_in_mbs               = 3072
    aggregator_timeout_in_seconds          = 240
    aggregator_detached_timeout_in_seconds = 3000
  }

  assert {
    condition = {
      for role, each in {
        controller = oci_functions_function.controller[0]
        region     = oci_functions_function.region[0]
        aggregator = oci_functions_function.aggregator[0]
      } : role => [each.memory_in_mbs, each.timeout_in_seconds, each.detached_mode_timeout_in_seconds]
      } == {
      controller = ["256", 60, 600]
      region     = ["2048", 120, 1800]
      aggregator = ["3072", 240, 3000]
    }
    error_message = "Memory and timeouts."
  }
  assert {
    condition     = output.function_limits.region == { memory_in_mbs = 2048, timeout_in_seconds = 120, detached_timeout_in_seconds = 1800 }
    error_message = "Who makes the functions elsewhere is told other limits."
  }
  assert {
    condition = alltrue([
      for each in [oci_functions_function.controller[0], oci_functions_function.region[0], oci_functions_function.aggregator[0]] :
      each.image == var.image && each.image_digest == var.image_digest
    ])
    error_message = "The functions are of different images."
  }
  assert {
    condition = alltrue([
      for each in [oci_functions_function.controller[0], oci_functions_function.region[0], oci_functions_function.aggregator[0]] :
      each.failure_destination[0].kind == "NOTIFICATION" && each.failure_destination[0].topic_id == output.topic_id
    ])
    error_message = "A detached call that failed is told to nobody."
  }
  assert {
    condition     = oci_functions_application.inventory.shape == "GENERIC_X86"
    error_message = "The application's shape."
  }
}

run "everything_has_the_tags" {
  variables {
    freeform_tags = { team = "platform" }
    defined_tags  = { "Operations.CostCenter" = "42" }
  }

  assert {
    condition = alltrue([
      for each in [
        oci_functions_application.inventory, oci_functions_function.controller[0], oci_objectstorage_bucket.inventory,
        oci_ons_notification_topic.results, oci_core_vcn.inventory[0], oci_core_subnet.functions[0],
        oci_identity_policy.services, oci_identity_policy.role["region"], oci_identity_dynamic_group.role["region"],
        oci_resource_scheduler_schedule.wake["run"], oci_events_rule.wake["outcome"],
        oci_monitoring_alarm.inventory["gaps"], oci_logging_log_group.inventory[0], oci_logging_log.functions[0],
      ] : each.freeform_tags == tomap({ team = "platform" }) && each.defined_tags == tomap({ "Operations.CostCenter" = "42" })
    ])
    error_message = "Something has not got the tags."
  }
}

run "logs_are_of_the_application" {
  variables {
    log_retention_days = 90
  }

  assert {
    condition = one(oci_logging_log.functions[0].configuration[0].source) == {
      source_type = "OCISERVICE"
      service     = "functions"
      category    = "invoke"
      resource    = output.application_id
      parameters  = one(oci_logging_log.functions[0].configuration[0].source).parameters
    }
    error_message = "The source of the log."
  }
  assert {
    condition     = oci_logging_log.functions[0].retention_duration == 90 && oci_logging_log.functions[0].log_type == "SERVICE"
    error_message = "How long logs are kept."
  }
}

run "traces_go_to_a_domain_that_is_made" {
  variables {
    tracing_enabled = true
  }

  assert {
    condition     = one(oci_functions_application.inventory.trace_config) == { is_enabled = true, domain_id = "ocid1.apmdomain.oc1.eu-frankfurt-1.made" }
    error_message = "The application's traces."
  }
  assert {
    condition = alltrue([
      for each in [oci_functions_function.controller[0], oci_functions_function.region[0], oci_functions_function.aggregator[0]] :
      each.trace_config[0].is_enabled
    ])
    error_message = "A function is not traced."
  }
  assert {
    condition     = contains(output.policies.services.statements, "Allow service faas to use apm-domains in compartment id ocid1.compartment.oc1..mycompartment")
    error_message = "Functions may not write traces."
  }
}

run "traces_go_to_the_domain_that_is_given" {
  variables {
    tracing_enabled = true
    apm_domain_id   = "ocid1.apmdomain.oc1.eu-frankfurt-1.given"
  }

  assert {
    condition     = length(oci_apm_apm_domain.inventory) == 0 && oci_functions_application.inventory.trace_config[0].domain_id == var.apm_domain_id
    error_message = "Another domain."
  }
  assert {
    condition     = contains(output.policies.services.statements, "Allow service faas to use apm-domains in compartment id ocid1.compartment.oc1..observability")
    error_message = "Functions may not write traces into the domain's compartment."
  }
}

run "what_is_off_is_not_made" {
  variables {
    trigger        = "none"
    outcome_rule   = false
    alarms_enabled = false
    logs_enabled   = false
  }

  assert {
    condition = 0 == length(concat(
      values(oci_resource_scheduler_schedule.wake), values(oci_monitoring_alarm.clock), values(oci_events_rule.wake),
      values(oci_monitoring_alarm.inventory), oci_logging_log.functions[*], oci_logging_log_group.inventory[*],
      oci_apm_apm_domain.inventory[*],
    ))
    error_message = "Something is made that nobody asked for."
  }
  assert {
    condition     = keys(output.policies) == ["aggregator", "controller", "region", "services"]
    error_message = "Schedules that there are none of may do something."
  }
  assert {
    condition     = !oci_functions_application.inventory.trace_config[0].is_enabled
    error_message = "Calls are traced."
  }
}
