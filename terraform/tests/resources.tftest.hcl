# The bucket, the network and the alarms.

mock_provider "oci" {
  source = "./tests/mocks"
}

mock_provider "oci" {
  alias = "home"
}

override_resource {
  target = oci_core_service_gateway.inventory
  values = { id = "ocid1.servicegateway.oc1.eu-frankfurt-1.made" }
}

override_resource {
  target = oci_core_nat_gateway.inventory
  values = { id = "ocid1.natgateway.oc1.eu-frankfurt-1.made" }
}

run "the_bucket_is_private_versioned_and_tells_of_objects" {
  assert {
    condition     = oci_objectstorage_bucket.inventory.access_type == "NoPublicAccess"
    error_message = "The bucket is open."
  }
  assert {
    condition     = oci_objectstorage_bucket.inventory.versioning == "Enabled"
    error_message = "What is overwritten is gone."
  }
  assert {
    condition     = oci_objectstorage_bucket.inventory.object_events_enabled
    error_message = "No outcome wakes the aggregator."
  }
  assert {
    condition     = length(oci_objectstorage_bucket.inventory.retention_rules) == 0
    error_message = "A retention rule would forbid to replace the pointer."
  }
}

run "the_lifecycle_leaves_current_objects_alone" {
  variables {
    old_versions_days      = 30
    abandoned_uploads_days = 2
  }

  assert {
    condition = {
      for each in oci_objectstorage_object_lifecycle_policy.inventory.rules : each.target => [each.action, each.time_amount, each.time_unit]
      } == {
      previous-object-versions = ["DELETE", "30", "DAYS"]
      multipart-uploads        = ["ABORT", "2", "DAYS"]
    }
    error_message = "The rules of the bucket."
  }
  assert {
    condition     = length(oci_objectstorage_object_lifecycle_policy.inventory.rules) == 2 && alltrue([for each in oci_objectstorage_object_lifecycle_policy.inventory.rules : each.is_enabled])
    error_message = "How many rules the bucket has."
  }
}

run "the_bucket_may_have_a_key" {
  variables {
    kms_key_id = "ocid1.key.oc1.eu-frankfurt-1.mykey"
  }

  assert {
    condition     = oci_objectstorage_bucket.inventory.kms_key_id == var.kms_key_id
    error_message = "The bucket has another key."
  }
  assert {
    condition     = anytrue([for each in output.policies.services.statements : strcontains(each, "use keys in compartment id ocid1.compartment.oc1..mycompartment where target.key.id = '${var.kms_key_id}'")])
    error_message = "Object Storage may not use the key."
  }
}

run "a_network_is_made" {
  variables {
    vcn_cidr = "10.1.2.0/26"
  }

  assert {
    condition     = oci_functions_application.inventory.subnet_ids == tolist(["ocid1.subnet.oc1.eu-frankfurt-1.made"])
    error_message = "The functions run in another subnet."
  }
  assert {
    condition     = oci_core_vcn.inventory[0].cidr_blocks == tolist(["10.1.2.0/26"]) && oci_core_subnet.functions[0].cidr_block == "10.1.2.0/26"
    error_message = "The addresses."
  }
  assert {
    condition     = oci_core_subnet.functions[0].prohibit_public_ip_on_vnic
    error_message = "The subnet is public."
  }
  assert {
    condition     = length(oci_core_security_list.functions[0].ingress_security_rules) == 0
    error_message = "Something may come in."
  }
  assert {
    condition     = oci_core_subnet.functions[0].security_list_ids == toset([oci_core_security_list.functions[0].id]) && oci_core_subnet.functions[0].route_table_id == oci_core_route_table.functions[0].id
    error_message = "The subnet has rules of others, such as the VCN's default list, which lets SSH in."
  }
  assert {
    condition = {
      for each in oci_core_route_table.functions[0].route_rules : each.destination => [each.destination_type, each.network_entity_id]
      } == {
      "all-fra-services-in-oracle-services-network" = ["SERVICE_CIDR_BLOCK", "ocid1.servicegateway.oc1.eu-frankfurt-1.made"]
      "0.0.0.0/0"                                   = ["CIDR_BLOCK", "ocid1.natgateway.oc1.eu-frankfurt-1.made"]
    }
    error_message = "The routes."
  }
  assert {
    condition     = one(oci_core_service_gateway.inventory[0].services).service_id == "ocid1.service.oc1.eu-frankfurt-1.all"
    error_message = "The services that the service gateway reaches."
  }
}

run "a_network_that_is_given_is_used" {
  variables {
    subnet_ids = ["ocid1.subnet.oc1.eu-frankfurt-1.first", "ocid1.subnet.oc1.eu-frankfurt-1.second"]
  }

  assert {
    condition     = oci_functions_application.inventory.subnet_ids == tolist(var.subnet_ids)
    error_message = "The functions run in another subnet."
  }
  assert {
    condition = 0 == length(concat(
      oci_core_vcn.inventory[*], oci_core_subnet.functions[*], oci_core_service_gateway.inventory[*],
      oci_core_nat_gateway.inventory[*], oci_core_route_table.functions[*], oci_core_security_list.functions[*],
      data.oci_core_services.all[*],
    ))
    error_message = "A network is made beside the one that is given."
  }
}

run "alarms_look_at_metrics_that_there_are" {
  variables {
    metrics_namespace       = "my_metrics"
    alarm_run_overdue_hours = 12
    alarm_gaps_above        = 3
    alarm_throttles_above   = 50
  }

  assert {
    condition = { for kind, each in oci_monitoring_alarm.inventory : kind => "${each.namespace} ${each.query}" } == {
      run_failed         = "my_metrics run_state[1h]{status = \"failed\"}.max() > 0"
      run_overdue        = "my_metrics run_state[12h]{status = \"published\"}.groupBy(status).absent(3d)"
      gaps               = "my_metrics gaps[1h]{status = \"published\"}.max() > 3"
      service_throttles  = "my_metrics throttles[1h].max() > 50"
      function_errors    = "oci_faas FunctionResponseCount[5m]{applicationId = \"ocid1.fnapp.oc1.eu-frankfurt-1.application\", responseType = \"Error\"}.sum() > 0"
      function_throttles = "oci_faas FunctionResponseCount[5m]{applicationId = \"ocid1.fnapp.oc1.eu-frankfurt-1.application\", responseType = \"Throttled\"}.sum() > 0"
    }
    error_message = "The alarms' queries."
  }
  assert {
    condition = alltrue([
      for each in oci_monitoring_alarm.inventory :
      contains(["CRITICAL", "ERROR", "WARNING", "INFO"], each.severity) && each.is_enabled && each.destinations == tolist([output.topic_id])
    ])
    error_message = "Severity and destination."
  }
  assert {
    condition     = oci_monitoring_alarm.inventory["run_overdue"].pending_duration == "PT1H"
    error_message = "A run that takes a little longer than the last one is told as overdue."
  }
}

run "without_metrics_only_the_functions_have_alarms" {
  variables {
    metrics_enabled = false
  }

  assert {
    condition     = keys(oci_monitoring_alarm.inventory) == ["function_errors", "function_throttles"]
    error_message = "An alarm looks at a metric that nobody posts."
  }
}

run "who_runs_less_than_daily_has_no_alarm_of_overdue_runs" {
  variables {
    alarm_run_overdue_hours = null
  }

  assert {
    condition     = !contains(keys(oci_monitoring_alarm.inventory), "run_overdue") && length(oci_monitoring_alarm.inventory) == 5
    error_message = "The alarms."
  }
}
