# What each function is told. That keys are settings of the program, tests/terraform/test_module.py holds.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias = "home"
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

run "each_function_is_told_of_those_it_invokes" {
  assert {
    condition = oci_functions_function.controller[0].config == tomap({
      INVENTORY_ROLE                   = "controller"
      INVENTORY_BUCKET                 = "oci-inventory"
      INVENTORY_NAMESPACE              = "mynamespace"
      INVENTORY_PREFIX                 = "inventory"
      INVENTORY_TOPIC_ID               = "ocid1.onstopic.oc1.eu-frankfurt-1.topic"
      INVENTORY_METRICS_COMPARTMENT_ID = "ocid1.compartment.oc1..mycompartment"
      INVENTORY_METRICS_NAMESPACE      = "tenancy_inventory"
      INVENTORY_REGION_FUNCTION_ID     = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
      INVENTORY_AGGREGATOR_FUNCTION_ID = "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator"
      INVENTORY_INVOKE_ENDPOINT        = "https://abc.eu-frankfurt-1.functions.oci.oraclecloud.com"
    })
    error_message = "The controller's configuration."
  }
  assert {
    condition = oci_functions_function.region[0].config == tomap({
      INVENTORY_ROLE                   = "region"
      INVENTORY_BUCKET                 = "oci-inventory"
      INVENTORY_NAMESPACE              = "mynamespace"
      INVENTORY_PREFIX                 = "inventory"
      INVENTORY_TOPIC_ID               = "ocid1.onstopic.oc1.eu-frankfurt-1.topic"
      INVENTORY_METRICS_COMPARTMENT_ID = "ocid1.compartment.oc1..mycompartment"
      INVENTORY_METRICS_NAMESPACE      = "tenancy_inventory"
      INVENTORY_AGGREGATOR_FUNCTION_ID = "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator"
      INVENTORY_INVOKE_ENDPOINT        = "https://abc.eu-frankfurt-1.functions.oci.oraclecloud.com"
    })
    error_message = "The region function's configuration."
  }
  assert {
    condition = oci_functions_function.aggregator[0].config == tomap({
      INVENTORY_ROLE                   = "aggregator"
      INVENTORY_BUCKET                 = "oci-inventory"
      INVENTORY_NAMESPACE              = "mynamespace"
      INVENTORY_PREFIX                 = "inventory"
      INVENTORY_TOPIC_ID               = "ocid1.onstopic.oc1.eu-frankfurt-1.topic"
      INVENTORY_METRICS_COMPARTMENT_ID = "ocid1.compartment.oc1..mycompartment"
      INVENTORY_METRICS_NAMESPACE      = "tenancy_inventory"
    })
    error_message = "The aggregator's configuration."
  }
  assert {
    condition = alltrue([
      for role, config in output.function_configs : tomap(config) == {
        controller = oci_functions_function.controller[0].config
        region     = oci_functions_function.region[0].config
        aggregator = oci_functions_function.aggregator[0].config
      }[role]
    ])
    error_message = "What is told of the configurations is not what the functions have."
  }
}

run "all_are_told_the_owners_settings" {
  variables {
    metrics_enabled = false
    settings = {
      INVENTORY_DEPTH   = "bulk"
      INVENTORY_REGIONS = "eu-frankfurt-1,us-ashburn-1"
    }
    executive_summary = {
      model_id       = "cohere.command-r"
      compartment_id = "ocid1.compartment.oc1..models"
    }
  }

  assert {
    condition = alltrue([
      for each in [oci_functions_function.controller[0], oci_functions_function.region[0], oci_functions_function.aggregator[0]] :
      each.config == tomap(merge(each.config, {
        INVENTORY_DEPTH                = "bulk"
        INVENTORY_REGIONS              = "eu-frankfurt-1,us-ashburn-1"
        INVENTORY_EXECUTIVE_SUMMARY    = "true"
        INVENTORY_GENAI_MODEL_ID       = "cohere.command-r"
        INVENTORY_GENAI_COMPARTMENT_ID = "ocid1.compartment.oc1..models"
      }))
    ])
    error_message = "A function is not told what the owner has chosen."
  }
  assert {
    condition = !anytrue(flatten([
      for config in values(output.function_configs) : [for key in keys(config) : strcontains(key, "METRICS") || key == "INVENTORY_GENAI_REGION"]
    ]))
    error_message = "A function is told of what is off."
  }
}

run "the_models_region_is_told" {
  variables {
    executive_summary = {
      model_id       = "cohere.command-r"
      compartment_id = "ocid1.compartment.oc1..models"
      region         = "us-chicago-1"
    }
  }

  assert {
    condition     = oci_functions_function.aggregator[0].config["INVENTORY_GENAI_REGION"] == "us-chicago-1"
    error_message = "Another region's model is asked."
  }
}

run "what_is_left_empty_in_a_form_is_as_not_given" {
  variables {
    image_digest           = ""
    bucket_name            = ""
    kms_key_id             = ""
    kms_key_compartment_id = ""
    start_event_condition  = ""
    apm_domain_id          = ""
    notification_email     = ""
  }

  assert {
    condition     = output.bucket == "oci-inventory"
    error_message = "An empty string is taken for a name."
  }
  assert {
    condition     = keys(oci_events_rule.wake) == ["outcome"]
    error_message = "An empty string is taken for a condition."
  }
  assert {
    condition     = output.policies.services == run.each_function_is_told_of_those_it_invokes.policies.services
    error_message = "An empty string is taken for a key."
  }
}

run "code_only_tells_how_functions_are_to_be_made" {
  variables {
    code_only = true
    image     = null
  }

  assert {
    condition     = length(concat(oci_functions_function.controller, oci_functions_function.region, oci_functions_function.aggregator)) == 0
    error_message = "A function is made without an image."
  }
  assert {
    condition     = output.function_ids == { controller = null, region = null, aggregator = null } && output.invoke_endpoint == null
    error_message = "Functions are told that there are none of."
  }
  assert {
    condition     = output.function_configs.aggregator == run.each_function_is_told_of_those_it_invokes.function_configs.aggregator
    error_message = "The aggregator's configuration depends on how it is made."
  }
  assert {
    condition = !anytrue(flatten([
      for config in values(output.function_configs) : [for key in keys(config) : strcontains(key, "FUNCTION_ID") || key == "INVENTORY_INVOKE_ENDPOINT"]
    ]))
    error_message = "A configuration names functions that there are none of."
  }
}

run "code_only_tells_the_whole_configuration_of_functions_that_exist" {
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
    condition     = output.function_configs == run.each_function_is_told_of_those_it_invokes.function_configs
    error_message = "The configuration depends on how functions are made."
  }
  assert {
    condition     = output.invoke_endpoint == var.invoke_endpoint
    error_message = "The endpoint that is told."
  }
}

# With code_only, and the topic made by the runs before, all of it is known at the plan.

run "a_configuration_over_four_kilobytes_is_refused" {
  command = plan

  variables {
    code_only = true
    image     = null
    prefix    = replace(format("%1000s", ""), " ", "p")
    settings  = { INVENTORY_COMPARTMENTS = replace(format("%2900s", ""), " ", "c") }
  }

  expect_failures = [output.function_configs]
}

run "bytes_are_counted_and_not_characters" {
  command = plan

  variables {
    code_only = true
    image     = null
    settings  = { INVENTORY_TAGS = replace(format("%2000s", ""), " ", "ä") }
  }

  expect_failures = [output.function_configs]
}

run "a_long_configuration_is_taken" {
  command = plan

  variables {
    code_only = true
    image     = null
    settings  = { INVENTORY_TAGS = replace(format("%2900s", ""), " ", "t") }
  }

  assert {
    condition     = max(values(local.config_bytes)...) > 3000
    error_message = "The configuration is not that long."
  }
}

run "an_empty_image_is_none" {
  command = plan

  variables {
    image = ""
  }

  expect_failures = [oci_functions_application.inventory]
}
