# What wakes the functions: schedules, the clock, Events.

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

run "schedules_wake_the_controller_with_a_body" {
  variables {
    run_schedule   = "30 5 * * 1-5"
    sweep_schedule = "*/10 * * * *"
    time_zone      = "Europe/Berlin"
  }

  assert {
    condition     = { for kind, each in oci_resource_scheduler_schedule.wake : kind => each.recurrence_details } == { run = "30 5 * * 1-5", sweep = "*/10 * * * *" }
    error_message = "When the schedules wake."
  }
  assert {
    condition = alltrue([
      for each in oci_resource_scheduler_schedule.wake :
      each.action == "START_RESOURCE" && each.recurrence_type == "CRON" && each.local_time_zone == "Europe/Berlin"
    ])
    error_message = "What the schedules do."
  }
  assert {
    condition = alltrue([
      for each in oci_resource_scheduler_schedule.wake :
      one(each.resources).id == output.function_ids.controller && one(one(each.resources).parameters).parameter_type == "BODY"
    ])
    error_message = "Whom the schedules wake."
  }
  assert {
    condition = {
      for kind, each in oci_resource_scheduler_schedule.wake : kind => jsondecode(one(one(one(each.resources).parameters).value))
      } == {
      run   = { action = "run" }
      sweep = { action = "sweep" }
    }
    error_message = "The bodies of the schedules."
  }
  assert {
    condition     = output.schedule_ids == { for kind, each in oci_resource_scheduler_schedule.wake : kind => each.id } && length(output.schedule_ids) == 2
    error_message = "The schedules that are told."
  }
  assert {
    condition     = length(oci_ons_notification_topic.clock) == 0 && length(oci_monitoring_alarm.clock) == 0
    error_message = "Two clocks wake the controller."
  }
}

run "an_alarm_wakes_the_controller_through_a_topic_of_its_own" {
  override_resource {
    target = oci_ons_notification_topic.clock["run"]
    values = { id = "ocid1.onstopic.oc1.eu-frankfurt-1.clock" }
  }

  variables {
    trigger               = "alarm"
    alarm_repeat_duration = "PT6H"
  }

  assert {
    condition     = length(oci_resource_scheduler_schedule.wake) == 0 && length(output.schedule_ids) == 0
    error_message = "Two clocks wake the controller."
  }
  assert {
    condition     = oci_monitoring_alarm.clock["run"].repeat_notification_duration == "PT6H" && oci_monitoring_alarm.clock["run"].is_enabled
    error_message = "How often the clock strikes."
  }
  assert {
    condition     = oci_monitoring_alarm.clock["run"].namespace == "oci_objectstorage" && oci_monitoring_alarm.clock["run"].query == "ObjectCount[1d]{resourceDisplayName = \"oci-inventory\"}.count() > 0"
    error_message = "What the clock looks at."
  }
  assert {
    condition     = oci_monitoring_alarm.clock["run"].message_format == "RAW"
    error_message = "The controller reads no other format."
  }
  assert {
    condition     = oci_monitoring_alarm.clock["run"].destinations == tolist(["ocid1.onstopic.oc1.eu-frankfurt-1.clock"])
    error_message = "The clock strikes where the controller does not listen."
  }
  assert {
    condition = (
      oci_ons_subscription.clock["run"].topic_id == "ocid1.onstopic.oc1.eu-frankfurt-1.clock" &&
      oci_ons_subscription.clock["run"].protocol == "ORACLE_FUNCTIONS" &&
      oci_ons_subscription.clock["run"].endpoint == output.function_ids.controller
    )
    error_message = "The controller does not listen to the clock."
  }
}

run "subscribers_hear_results_and_the_controller_does_not" {
  variables {
    trigger            = "alarm"
    notification_email = "b@example.com"
    subscriptions = [
      { protocol = "EMAIL", endpoint = "a@example.com" },
      { protocol = "SLACK", endpoint = "https://hooks.slack.com/services/x" },
    ]
  }

  assert {
    condition = {
      for each in oci_ons_subscription.results : each.endpoint => each.protocol if each.topic_id == output.topic_id
    } == { "a@example.com" = "EMAIL", "b@example.com" = "EMAIL", "https://hooks.slack.com/services/x" = "SLACK" }
    error_message = "Who hears of results."
  }
  assert {
    condition     = alltrue([for each in oci_ons_subscription.results : each.endpoint != output.function_ids.controller])
    error_message = "The end of a run starts the next one."
  }
}

run "an_outcome_wakes_the_aggregator" {
  assert {
    condition     = keys(oci_events_rule.wake) == ["outcome"]
    error_message = "Which rules there are."
  }
  assert {
    condition = jsondecode(oci_events_rule.wake["outcome"].condition) == {
      eventType = ["com.oraclecloud.objectstorage.createobject"]
      data = {
        resourceName      = "inventory/runs/*/regions/*/outcome.json"
        additionalDetails = { bucketName = "oci-inventory" }
      }
    }
    error_message = "The rule's condition."
  }
  assert {
    condition = (
      one(oci_events_rule.wake["outcome"].actions[0].action).action_type == "FAAS" &&
      one(oci_events_rule.wake["outcome"].actions[0].action).is_enabled &&
      one(oci_events_rule.wake["outcome"].actions[0].action).function_id == output.function_ids.aggregator
    )
    error_message = "Whom the rule wakes."
  }
}

run "an_event_of_the_owners_choice_starts_a_run" {
  variables {
    outcome_rule          = false
    start_event_condition = "{\"eventType\": [\"com.oraclecloud.computeapi.launchinstance.end\"]}"
  }

  assert {
    condition     = keys(oci_events_rule.wake) == ["start"] && oci_events_rule.wake["start"].display_name == "oci-inventory-start"
    error_message = "Which rules there are."
  }
  assert {
    condition     = oci_events_rule.wake["start"].condition == var.start_event_condition
    error_message = "The rule's condition is not the owner's."
  }
  assert {
    condition     = one(oci_events_rule.wake["start"].actions[0].action).function_id == output.function_ids.controller
    error_message = "Whom the rule wakes."
  }
}

run "nothing_wakes_functions_that_are_not_there" {
  variables {
    code_only             = true
    image                 = null
    start_event_condition = "{\"eventType\": [\"com.oraclecloud.computeapi.launchinstance.end\"]}"
  }

  assert {
    condition     = length(oci_resource_scheduler_schedule.wake) == 0 && length(oci_events_rule.wake) == 0
    error_message = "Something wakes functions that there are none of."
  }
}

run "functions_from_elsewhere_are_woken_too" {
  variables {
    code_only = true
    image     = null
    function_ids = {
      controller = "ocid1.fnfunc.oc1.eu-frankfurt-1.othercontroller"
      region     = "ocid1.fnfunc.oc1.eu-frankfurt-1.otherregion"
      aggregator = "ocid1.fnfunc.oc1.eu-frankfurt-1.otheraggregator"
    }
    invoke_endpoint = "https://other.eu-frankfurt-1.functions.oci.oraclecloud.com"
  }

  assert {
    condition     = alltrue([for each in oci_resource_scheduler_schedule.wake : one(each.resources).id == var.function_ids.controller])
    error_message = "Whom the schedules wake."
  }
  assert {
    condition     = one(oci_events_rule.wake["outcome"].actions[0].action).function_id == var.function_ids.aggregator
    error_message = "Whom the rule wakes."
  }
  assert {
    condition     = length(oci_functions_function.controller) == 0 && output.function_ids == var.function_ids
    error_message = "The functions that are told."
  }
}
