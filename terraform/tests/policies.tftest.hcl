# Who may do what. That these statements are enough, and that none is superfluous, the emulated tenancy shows.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias = "home"

  mock_resource "oci_identity_dynamic_group" {
    defaults = { id = "ocid1.dynamicgroup.oc1..in-the-home-region" }
  }

  mock_resource "oci_identity_policy" {
    defaults = { id = "ocid1.policy.oc1..in-the-home-region" }
  }
}

override_resource {
  target = oci_functions_function.controller
  values = { id = "ocid1.fnfunc.oc1.eu-frankfurt-1.controller" }
}

override_resource {
  target = oci_functions_function.region
  values = { id = "ocid1.fnfunc.oc1.eu-frankfurt-1.region" }
}

override_resource {
  target = oci_functions_function.aggregator
  values = {
    id              = "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator"
    invoke_endpoint = "https://abc.eu-frankfurt-1.functions.oci.oraclecloud.com"
  }
}

override_resource {
  target = oci_resource_scheduler_schedule.wake["run"]
  values = { id = "ocid1.resourceschedule.oc1.eu-frankfurt-1.run" }
}

override_resource {
  target = oci_resource_scheduler_schedule.wake["sweep"]
  values = { id = "ocid1.resourceschedule.oc1.eu-frankfurt-1.sweep" }
}

run "each_role_has_a_group_of_its_own" {
  assert {
    condition = { for role, each in oci_identity_dynamic_group.role : role => each.matching_rule } == {
      controller = "resource.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.controller'"
      region     = "resource.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.region'"
      aggregator = "resource.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator'"
      schedules  = "all {resource.type = 'resourceschedule', any {resource.id = 'ocid1.resourceschedule.oc1.eu-frankfurt-1.run', resource.id = 'ocid1.resourceschedule.oc1.eu-frankfurt-1.sweep'}}"
    }
    error_message = "The members of the dynamic groups."
  }
  assert {
    condition     = alltrue([for role, each in oci_identity_dynamic_group.role : each.name == "oci-inventory-${role}"])
    error_message = "The names of the dynamic groups."
  }
  assert {
    condition = alltrue(flatten([
      for role, each in oci_identity_policy.role :
      [for statement in each.statements : startswith(statement, "Allow dynamic-group oci-inventory-${role} to ")]
    ]))
    error_message = "A policy speaks of another role's group."
  }
}

run "iam_is_written_in_the_home_region_and_the_root_compartment" {
  assert {
    condition     = local.home_region == "us-ashburn-1"
    error_message = "The home region."
  }
  assert {
    condition = alltrue([
      for each in concat(values(oci_identity_policy.role), [oci_identity_policy.services]) :
      each.id == "ocid1.policy.oc1..in-the-home-region" && each.compartment_id == var.tenancy_ocid
    ])
    error_message = "A policy is written in another region, or another compartment."
  }
  assert {
    condition = alltrue([
      for each in oci_identity_dynamic_group.role :
      each.id == "ocid1.dynamicgroup.oc1..in-the-home-region" && each.compartment_id == var.tenancy_ocid
    ])
    error_message = "A dynamic group is written in another region, or another compartment."
  }
}

run "statements_are_filled_in" {
  assert {
    condition = alltrue(flatten([
      for role, each in output.policies :
      [for statement in each.statements : !strcontains(statement, "$") && !strcontains(statement, "''") && !strcontains(statement, "  ")]
    ]))
    error_message = "A statement has something that was not filled in."
  }
  assert {
    condition = contains(
      output.policies.controller.statements,
      "Allow dynamic-group oci-inventory-controller to use fn-invocation in compartment id ocid1.compartment.oc1..mycompartment where any {target.function.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.region', target.function.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator'}",
    )
    error_message = "The controller may not invoke the others."
  }
  assert {
    condition = contains(
      output.policies.schedules.statements,
      "Allow dynamic-group oci-inventory-schedules to use fn-invocation in compartment id ocid1.compartment.oc1..mycompartment where target.function.id = 'ocid1.fnfunc.oc1.eu-frankfurt-1.controller'",
    )
    error_message = "The schedules may not invoke the controller."
  }
}

run "only_the_controller_deletes_and_only_the_region_reads" {
  assert {
    condition = [
      for role, each in output.policies : role if anytrue([for statement in each.statements : strcontains(statement, "'OBJECT_DELETE'")])
    ] == ["controller", "services"]
    error_message = "Another role may delete objects."
  }
  assert {
    condition = [
      for role, each in output.policies : role if anytrue([for statement in each.statements : strcontains(statement, "all-resources")])
    ] == ["region"]
    error_message = "Another role may read the tenancy."
  }
  assert {
    condition = alltrue([
      for statement in output.policies.region.statements :
      strcontains(statement, "request.permission != 'OBJECT_READ', request.permission != 'SECRET_BUNDLE_READ'")
      if strcontains(statement, "read all-resources")
    ])
    error_message = "The region function may read contents of objects or secrets."
  }
}

run "a_feature_that_is_off_has_no_statement" {
  variables {
    metrics_enabled = false
    outcome_rule    = false
    trigger         = "alarm"
  }

  assert {
    condition = !anytrue(flatten([
      for role, each in output.policies : [
        for statement in each.statements : anytrue([for word in ["use metrics", "generative-ai", "use keys", "apm-domains", "cloudEvents"] : strcontains(statement, word)])
      ]
    ]))
    error_message = "There is a statement for a feature that is off."
  }
  assert {
    condition     = keys(output.policies) == ["aggregator", "controller", "region", "services"]
    error_message = "There are no schedules, and a policy for them."
  }
}

run "a_feature_that_is_on_has_its_statements" {
  variables {
    outcome_rule           = false
    start_event_condition  = "{\"eventType\": [\"com.oraclecloud.computeapi.launchinstance.end\"]}"
    kms_key_id             = "ocid1.key.oc1.eu-frankfurt-1.mykey"
    kms_key_compartment_id = "ocid1.compartment.oc1..security"
    metrics_namespace      = "my_metrics"
    bucket_name            = "results"
    executive_summary = {
      model_id       = "cohere.command-r"
      compartment_id = "ocid1.compartment.oc1..models"
      region         = "us-chicago-1"
    }
  }

  assert {
    condition = contains(
      output.policies.services.statements,
      "Allow service objectstorage-eu-frankfurt-1 to use keys in compartment id ocid1.compartment.oc1..security where target.key.id = 'ocid1.key.oc1.eu-frankfurt-1.mykey'",
    )
    error_message = "Object Storage may not use the key."
  }
  assert {
    condition     = contains(output.policies.services.statements, "Allow service cloudEvents to use functions-family in compartment id ocid1.compartment.oc1..mycompartment")
    error_message = "Events may not invoke the controller."
  }
  assert {
    condition = length([
      for statement in output.policies.aggregator.statements : statement
      if strcontains(statement, "use generative-ai-") && strcontains(statement, "in compartment id ocid1.compartment.oc1..models")
    ]) == 1
    error_message = "The aggregator may not ask the model."
  }
  assert {
    condition = contains(
      output.policies.aggregator.statements,
      "Allow dynamic-group oci-inventory-aggregator to use metrics in compartment id ocid1.compartment.oc1..mycompartment where all {target.metrics.namespace = 'my_metrics', request.permission = 'METRIC_WRITE'}",
    )
    error_message = "The aggregator may not post metrics."
  }
  assert {
    condition = alltrue(flatten([
      for role, each in output.policies :
      [for statement in each.statements : strcontains(statement, "target.bucket.name = 'results'") if strcontains(statement, "manage object")]
    ]))
    error_message = "A statement opens another bucket."
  }
}

run "without_functions_only_services_have_a_policy" {
  variables {
    code_only = true
    image     = null
  }

  assert {
    condition     = keys(output.policies) == ["services"] && length(oci_identity_dynamic_group.role) == 0
    error_message = "There is a group of functions that there are none of."
  }
}

run "functions_from_elsewhere_have_the_same_policies_and_their_code_is_readable" {
  variables {
    code_only = true
    image     = null
    function_ids = {
      controller = "ocid1.fnfunc.oc1.eu-frankfurt-1.controller"
      region     = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
      aggregator = "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator"
    }
    invoke_endpoint = "https://abc.eu-frankfurt-1.functions.oci.oraclecloud.com"
  }

  assert {
    condition = alltrue([
      for role, each in run.each_role_has_a_group_of_its_own.policies :
      output.policies[role] == each if role != "services"
    ]) && length(output.policies) == length(run.each_role_has_a_group_of_its_own.policies)
    error_message = "The policies differ from those of functions made here."
  }
  assert {
    condition = setsubtract(
      output.policies.services.statements, run.each_role_has_a_group_of_its_own.policies.services.statements
      ) == toset([
        "Allow any-user to read objects in compartment id ocid1.compartment.oc1..mycompartment where all {request.principal.type = 'fnapp', request.principal.compartment.id = 'ocid1.compartment.oc1..mycompartment', target.bucket.name = 'oci-inventory', target.object.name = 'inventory/code.zip'}",
    ])
    error_message = "The application may read its code, and nothing else is new."
  }
}
