# What the module refuses: a run for each rule of variables.tf that breaks this rule and no other, and then what is
# wrong only together.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias = "home"
}

run "a_tenancy_is_no_compartment" {
  command = plan

  variables {
    tenancy_ocid = "ocid1.compartment.oc1..mycompartment"
  }

  expect_failures = [var.tenancy_ocid]
}

run "the_root_compartment_is_refused" {
  command = plan

  variables {
    compartment_ocid = "ocid1.tenancy.oc1..mytenancy"
  }

  expect_failures = [var.compartment_ocid]
}

run "a_regions_key_is_no_name" {
  command = plan

  variables {
    region = "FRA"
  }

  expect_failures = [var.region]
}

run "a_name_with_a_space" {
  command = plan

  variables {
    name = "oci inventory"
  }

  expect_failures = [var.name]
}

run "a_defined_tag_without_namespace" {
  command = plan

  variables {
    defined_tags = { CostCenter = "42" }
  }

  expect_failures = [var.defined_tags]
}

run "an_image_without_tag" {
  command = plan

  variables {
    image = "fra.ocir.io/mynamespace/oci-inventory"
  }

  expect_failures = [var.image]
}

run "a_digest_of_another_kind" {
  command = plan

  variables {
    image_digest = "md5:0123456789abcdef0123456789abcdef"
  }

  expect_failures = [var.image_digest]
}

run "function_ids_that_are_none" {
  command = plan

  variables {
    code_only       = true
    image           = null
    invoke_endpoint = "https://abc.example.com"
    function_ids = {
      controller = "ocid1.fnfunc.oc1.eu-frankfurt-1.controller"
      region     = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
      aggregator = "ocid1.fnapp.oc1.eu-frankfurt-1.application"
    }
  }

  expect_failures = [var.function_ids]
}

run "one_function_for_two_roles" {
  command = plan

  variables {
    code_only       = true
    image           = null
    invoke_endpoint = "https://abc.example.com"
    function_ids = {
      controller = "ocid1.fnfunc.oc1.eu-frankfurt-1.controller"
      region     = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
      aggregator = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
    }
  }

  expect_failures = [var.function_ids]
}

run "an_endpoint_with_a_path" {
  command = plan

  variables {
    code_only       = true
    image           = null
    invoke_endpoint = "https://abc.example.com/20181201/functions"
    function_ids = {
      controller = "ocid1.fnfunc.oc1.eu-frankfurt-1.controller"
      region     = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
      aggregator = "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator"
    }
  }

  expect_failures = [var.invoke_endpoint]
}

run "a_shape_of_compute" {
  command = plan

  variables {
    shape = "VM.Standard.E5.Flex"
  }

  expect_failures = [var.shape]
}

run "memory_of_the_controller_that_functions_has_not" {
  command = plan

  variables {
    controller_memory_in_mbs = 1536
  }

  expect_failures = [var.controller_memory_in_mbs]
}

run "memory_of_the_region_that_functions_has_not" {
  command = plan

  variables {
    region_memory_in_mbs = 1536
  }

  expect_failures = [var.region_memory_in_mbs]
}

run "memory_of_the_aggregator_that_functions_has_not" {
  command = plan

  variables {
    aggregator_memory_in_mbs = 1536
  }

  expect_failures = [var.aggregator_memory_in_mbs]
}

run "a_timeout_of_the_controller_over_five_minutes" {
  command = plan

  variables {
    controller_timeout_in_seconds = 301
  }

  expect_failures = [var.controller_timeout_in_seconds]
}

run "a_timeout_of_the_region_over_five_minutes" {
  command = plan

  variables {
    region_timeout_in_seconds = 301
  }

  expect_failures = [var.region_timeout_in_seconds]
}

run "a_timeout_of_the_aggregator_over_five_minutes" {
  command = plan

  variables {
    aggregator_timeout_in_seconds = 301
  }

  expect_failures = [var.aggregator_timeout_in_seconds]
}

run "a_detached_timeout_of_the_controller_over_an_hour" {
  command = plan

  variables {
    controller_detached_timeout_in_seconds = 3601
  }

  expect_failures = [var.controller_detached_timeout_in_seconds]
}

run "a_detached_timeout_of_the_controller_that_is_no_whole_number" {
  command = plan

  variables {
    controller_detached_timeout_in_seconds = 10.5
  }

  expect_failures = [var.controller_detached_timeout_in_seconds]
}

run "a_detached_timeout_of_the_region_over_an_hour" {
  command = plan

  variables {
    region_detached_timeout_in_seconds = 3601
  }

  expect_failures = [var.region_detached_timeout_in_seconds]
}

run "a_detached_timeout_of_the_region_that_is_no_whole_number" {
  command = plan

  variables {
    region_detached_timeout_in_seconds = 10.5
  }

  expect_failures = [var.region_detached_timeout_in_seconds]
}

run "a_detached_timeout_of_the_aggregator_over_an_hour" {
  command = plan

  variables {
    aggregator_detached_timeout_in_seconds = 3601
  }

  expect_failures = [var.aggregator_detached_timeout_in_seconds]
}

run "a_detached_timeout_of_the_aggregator_that_is_no_whole_number" {
  command = plan

  variables {
    aggregator_detached_timeout_in_seconds = 10.5
  }

  expect_failures = [var.aggregator_detached_timeout_in_seconds]
}

run "a_setting_that_terraform_sets" {
  command = plan

  variables {
    settings = { INVENTORY_BUCKET = "another" }
  }

  expect_failures = [var.settings]
}

run "a_setting_that_there_is_none_of" {
  command = plan

  variables {
    settings = { INVENTORY_DEEPNESS = "full" }
  }

  expect_failures = [var.settings]
}

run "settings_that_leave_no_room" {
  command = plan

  variables {
    settings = { INVENTORY_COMPARTMENTS = replace(format("%3000s", ""), " ", "c") }
  }

  expect_failures = [var.settings]
}

run "a_subnet_that_is_a_vcn" {
  command = plan

  variables {
    subnet_ids = ["ocid1.vcn.oc1.eu-frankfurt-1.mine"]
  }

  expect_failures = [var.subnet_ids]
}

run "a_vcn_of_ipv6" {
  command = plan

  variables {
    vcn_cidr = "fd00::/24"
  }

  expect_failures = [var.vcn_cidr]
}

run "a_vcn_that_is_too_small" {
  command = plan

  variables {
    vcn_cidr = "10.0.0.0/29"
  }

  expect_failures = [var.vcn_cidr]
}

run "a_vcn_that_begins_amid_a_block" {
  command = plan

  variables {
    vcn_cidr = "10.0.0.1/24"
  }

  expect_failures = [var.vcn_cidr]
}

run "a_bucket_in_a_folder" {
  command = plan

  variables {
    bucket_name = "results/inventory"
  }

  expect_failures = [var.bucket_name]
}

run "a_prefix_that_ends_with_a_slash" {
  command = plan

  variables {
    prefix = "inventory/"
  }

  expect_failures = [var.prefix]
}

run "a_key_that_is_a_vault" {
  command = plan

  variables {
    kms_key_id = "ocid1.vault.oc1.eu-frankfurt-1.mine"
  }

  expect_failures = [var.kms_key_id]
}

run "a_key_in_the_root_compartment" {
  command = plan

  variables {
    kms_key_compartment_id = "ocid1.tenancy.oc1..mytenancy"
  }

  expect_failures = [var.kms_key_compartment_id]
}

run "old_versions_that_are_gone_at_once" {
  command = plan

  variables {
    old_versions_days = 0
  }

  expect_failures = [var.old_versions_days]
}

run "uploads_that_are_dropped_at_once" {
  command = plan

  variables {
    abandoned_uploads_days = 0
  }

  expect_failures = [var.abandoned_uploads_days]
}

run "a_mail_address_without_a_host" {
  command = plan

  variables {
    notification_email = "cloud-team"
  }

  expect_failures = [var.notification_email]
}

run "a_protocol_in_small_letters" {
  command = plan

  variables {
    subscriptions = [{ protocol = "email", endpoint = "a@example.com" }]
  }

  expect_failures = [var.subscriptions]
}

run "a_subscription_of_nobody" {
  command = plan

  variables {
    subscriptions = [{ protocol = "EMAIL", endpoint = "" }]
  }

  expect_failures = [var.subscriptions]
}

run "a_subscription_twice" {
  command = plan

  variables {
    subscriptions = [{ protocol = "EMAIL", endpoint = "a@example.com" }, { protocol = "EMAIL", endpoint = "a@example.com" }]
  }

  expect_failures = [var.subscriptions]
}

run "a_trigger_that_there_is_none_of" {
  command = plan

  variables {
    trigger = "cron"
  }

  expect_failures = [var.trigger]
}

run "a_run_schedule_of_six_fields" {
  command = plan

  variables {
    run_schedule = "0 0 4 * * *"
  }

  expect_failures = [var.run_schedule]
}

run "a_sweep_schedule_in_words" {
  command = plan

  variables {
    sweep_schedule = "every 15 minutes"
  }

  expect_failures = [var.sweep_schedule]
}

run "a_time_zone_by_its_offset" {
  command = plan

  variables {
    time_zone = "+02:00"
  }

  expect_failures = [var.time_zone]
}

run "a_repetition_in_words" {
  command = plan

  variables {
    alarm_repeat_duration = "daily"
  }

  expect_failures = [var.alarm_repeat_duration]
}

run "a_repetition_over_thirty_days" {
  command = plan

  variables {
    alarm_repeat_duration = "P31D"
  }

  expect_failures = [var.alarm_repeat_duration]
}

run "a_condition_that_is_no_json" {
  command = plan

  variables {
    start_event_condition = "eventType = launchinstance"
  }

  expect_failures = [var.start_event_condition]
}

run "a_condition_that_matches_every_event" {
  command = plan

  variables {
    start_event_condition = "{}"
  }

  expect_failures = [var.start_event_condition]
}

run "a_metric_namespace_in_capitals" {
  command = plan

  variables {
    metrics_namespace = "Inventory"
  }

  expect_failures = [var.metrics_namespace]
}

run "a_metric_namespace_of_oracle" {
  command = plan

  variables {
    metrics_namespace = "oci_inventory"
  }

  expect_failures = [var.metrics_namespace]
}

run "a_summary_without_model" {
  command = plan

  variables {
    executive_summary = { model_id = "", compartment_id = "ocid1.compartment.oc1..models" }
  }

  expect_failures = [var.executive_summary]
}

run "a_summary_in_the_root_compartment" {
  command = plan

  variables {
    executive_summary = { model_id = "cohere.command-r", compartment_id = "ocid1.tenancy.oc1..mytenancy" }
  }

  expect_failures = [var.executive_summary]
}

run "a_summary_in_no_region" {
  command = plan

  variables {
    executive_summary = { model_id = "cohere.command-r", compartment_id = "ocid1.compartment.oc1..models", region = "Chicago" }
  }

  expect_failures = [var.executive_summary]
}

run "overdue_after_more_than_a_day" {
  command = plan

  variables {
    alarm_run_overdue_hours = 25
  }

  expect_failures = [var.alarm_run_overdue_hours]
}

run "gaps_below_zero" {
  command = plan

  variables {
    alarm_gaps_above = -1
  }

  expect_failures = [var.alarm_gaps_above]
}

run "throttles_below_zero" {
  command = plan

  variables {
    alarm_throttles_above = -1
  }

  expect_failures = [var.alarm_throttles_above]
}

run "logs_for_a_week" {
  command = plan

  variables {
    log_retention_days = 7
  }

  expect_failures = [var.log_retention_days]
}

run "a_domain_that_is_no_apm_domain" {
  command = plan

  variables {
    tracing_enabled = true
    apm_domain_id   = "ocid1.domain.oc1..mine"
  }

  expect_failures = [var.apm_domain_id]
}

run "a_region_that_is_not_subscribed" {
  command = plan

  variables {
    region = "uk-london-1"
  }

  expect_failures = [oci_functions_application.inventory]
}

run "functions_without_an_image" {
  command = plan

  variables {
    image = null
  }

  expect_failures = [oci_functions_application.inventory]
}

run "function_ids_beside_an_image" {
  command = plan

  variables {
    invoke_endpoint = "https://abc.example.com"
    function_ids = {
      controller = "ocid1.fnfunc.oc1.eu-frankfurt-1.controller"
      region     = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
      aggregator = "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator"
    }
  }

  expect_failures = [oci_functions_application.inventory]
}

run "function_ids_without_their_endpoint" {
  command = plan

  variables {
    code_only = true
    image     = null
    function_ids = {
      controller = "ocid1.fnfunc.oc1.eu-frankfurt-1.controller"
      region     = "ocid1.fnfunc.oc1.eu-frankfurt-1.region"
      aggregator = "ocid1.fnfunc.oc1.eu-frankfurt-1.aggregator"
    }
  }

  expect_failures = [oci_functions_application.inventory]
}

run "an_endpoint_without_its_functions" {
  command = plan

  variables {
    code_only       = true
    image           = null
    invoke_endpoint = "https://abc.example.com"
  }

  expect_failures = [oci_functions_application.inventory]
}

run "an_image_of_another_region_is_warned_of" {
  command = plan

  variables {
    image = "iad.ocir.io/mynamespace/oci-inventory:0.1.0"
  }

  expect_failures = [check.image_in_region]
}

run "what_looks_odd_and_is_right_is_taken" {
  command = plan

  variables {
    image                   = "ocir.eu-frankfurt-1.oci.oraclecloud.com/mynamespace/team/oci-inventory:1.0.0-rc.1"
    name                    = "X"
    bucket_name             = "Results_2026.v1"
    prefix                  = "year=2026/cloud.inventory"
    vcn_cidr                = "10.0.0.16/28"
    run_schedule            = "0,30 6-18/2 1-7 JAN-DEC MON"
    time_zone               = "America/Argentina/Buenos_Aires"
    alarm_repeat_duration   = "PT90M"
    alarm_run_overdue_hours = 1
    start_event_condition   = "{\"eventType\": \"com.oraclecloud.computeapi.launchinstance.end\", \"data\": {}}"
    log_retention_days      = 180
  }

  assert {
    condition     = oci_functions_application.inventory.display_name == "X"
    error_message = "The name."
  }
}
