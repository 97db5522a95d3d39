# The application and its three functions, from one image.
#
# A function's configuration names the functions that it invokes, so they are made in this order: aggregator,
# region, controller. A function's own OCID comes with its context, and the aggregator looks its own invoke
# endpoint up; all functions of an application share one.

locals {
  limits = {
    controller = {
      memory_in_mbs               = var.controller_memory_in_mbs
      timeout_in_seconds          = var.controller_timeout_in_seconds
      detached_timeout_in_seconds = var.controller_detached_timeout_in_seconds
    }
    region = {
      memory_in_mbs               = var.region_memory_in_mbs
      timeout_in_seconds          = var.region_timeout_in_seconds
      detached_timeout_in_seconds = var.region_detached_timeout_in_seconds
    }
    aggregator = {
      memory_in_mbs               = var.aggregator_memory_in_mbs
      timeout_in_seconds          = var.aggregator_timeout_in_seconds
      detached_timeout_in_seconds = var.aggregator_detached_timeout_in_seconds
    }
  }

  # Whether there are functions after this apply: with code_only they come from elsewhere, and are told.
  functions_exist = !var.code_only || var.function_ids != null

  # Each by itself: one value for all three would make a cycle.
  aggregator_id   = var.code_only ? try(var.function_ids.aggregator, null) : one(oci_functions_function.aggregator[*].id)
  region_id       = var.code_only ? try(var.function_ids.region, null) : one(oci_functions_function.region[*].id)
  controller_id   = var.code_only ? try(var.function_ids.controller, null) : one(oci_functions_function.controller[*].id)
  invoke_endpoint = var.code_only ? var.invoke_endpoint : one(oci_functions_function.aggregator[*].invoke_endpoint)

  function_ids = {
    controller = local.controller_id
    region     = local.region_id
    aggregator = local.aggregator_id
  }

  shared_config = merge(
    var.settings,
    {
      INVENTORY_BUCKET    = local.bucket_name
      INVENTORY_NAMESPACE = data.oci_objectstorage_namespace.tenancy.namespace
      INVENTORY_PREFIX    = var.prefix
      INVENTORY_TOPIC_ID  = oci_ons_notification_topic.results.id
    },
    var.metrics_enabled ? {
      INVENTORY_METRICS_COMPARTMENT_ID = var.compartment_ocid
      INVENTORY_METRICS_NAMESPACE      = var.metrics_namespace
    } : {},
    var.executive_summary != null ? {
      INVENTORY_EXECUTIVE_SUMMARY    = "true"
      INVENTORY_GENAI_MODEL_ID       = var.executive_summary.model_id
      INVENTORY_GENAI_COMPARTMENT_ID = var.executive_summary.compartment_id
    } : {},
    try(var.executive_summary.region, null) != null ? {
      INVENTORY_GENAI_REGION = var.executive_summary.region
    } : {},
  )

  aggregator_config = merge(local.shared_config, { INVENTORY_ROLE = "aggregator" })

  region_config = merge(
    local.shared_config,
    { INVENTORY_ROLE = "region" },
    local.functions_exist ? {
      INVENTORY_AGGREGATOR_FUNCTION_ID = local.aggregator_id
      INVENTORY_INVOKE_ENDPOINT        = local.invoke_endpoint
    } : {},
  )

  controller_config = merge(
    local.shared_config,
    { INVENTORY_ROLE = "controller" },
    local.functions_exist ? {
      INVENTORY_REGION_FUNCTION_ID     = local.region_id
      INVENTORY_AGGREGATOR_FUNCTION_ID = local.aggregator_id
      INVENTORY_INVOKE_ENDPOINT        = local.invoke_endpoint
    } : {},
  )

  # Functions takes 4 KB of keys and values together. Base 64 has four characters, each worth six bits, for
  # three bytes; length() counts characters.
  config_bytes = {
    for role, config in {
      controller = local.controller_config
      region     = local.region_config
      aggregator = local.aggregator_config
    } : role => floor(length(replace(base64encode(join("", concat(keys(config), values(config)))), "=", "")) * 6 / 8)
  }
}

resource "oci_functions_application" "inventory" {
  compartment_id = var.compartment_ocid
  display_name   = local.wiring.application
  shape          = var.shape
  subnet_ids     = local.subnet_ids
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags

  trace_config {
    is_enabled = var.tracing_enabled
    domain_id  = local.apm_domain_id
  }

  # Tracing needs the service's permission first.
  depends_on = [oci_identity_policy.services]

  lifecycle {
    precondition {
      condition     = local.region_key != null
      error_message = "The tenancy has not subscribed to the region ${var.region}."
    }
    precondition {
      condition     = var.code_only || local.given.image != null
      error_message = "image is needed: the functions are made from it, unless code_only is true."
    }
    precondition {
      condition     = var.code_only || var.function_ids == null
      error_message = "function_ids is for code_only alone; without it Terraform makes the functions itself."
    }
    precondition {
      condition     = (var.function_ids == null) == (var.invoke_endpoint == null)
      error_message = "function_ids and invoke_endpoint are given together or not at all."
    }
  }
}

resource "oci_functions_function" "aggregator" {
  count = var.code_only ? 0 : 1

  application_id                   = oci_functions_application.inventory.id
  display_name                     = local.wiring.functions.aggregator
  image                            = local.given.image
  image_digest                     = local.given.image_digest
  memory_in_mbs                    = local.limits.aggregator.memory_in_mbs
  timeout_in_seconds               = local.limits.aggregator.timeout_in_seconds
  detached_mode_timeout_in_seconds = local.limits.aggregator.detached_timeout_in_seconds
  config                           = local.aggregator_config
  freeform_tags                    = local.freeform_tags
  defined_tags                     = local.defined_tags

  failure_destination {
    kind     = "NOTIFICATION"
    topic_id = oci_ons_notification_topic.results.id
  }

  trace_config {
    is_enabled = var.tracing_enabled
  }
}

resource "oci_functions_function" "region" {
  count = var.code_only ? 0 : 1

  application_id                   = oci_functions_application.inventory.id
  display_name                     = local.wiring.functions.region
  image                            = local.given.image
  image_digest                     = local.given.image_digest
  memory_in_mbs                    = local.limits.region.memory_in_mbs
  timeout_in_seconds               = local.limits.region.timeout_in_seconds
  detached_mode_timeout_in_seconds = local.limits.region.detached_timeout_in_seconds
  config                           = local.region_config
  freeform_tags                    = local.freeform_tags
  defined_tags                     = local.defined_tags

  failure_destination {
    kind     = "NOTIFICATION"
    topic_id = oci_ons_notification_topic.results.id
  }

  trace_config {
    is_enabled = var.tracing_enabled
  }
}

resource "oci_functions_function" "controller" {
  count = var.code_only ? 0 : 1

  application_id                   = oci_functions_application.inventory.id
  display_name                     = local.wiring.functions.controller
  image                            = local.given.image
  image_digest                     = local.given.image_digest
  memory_in_mbs                    = local.limits.controller.memory_in_mbs
  timeout_in_seconds               = local.limits.controller.timeout_in_seconds
  detached_mode_timeout_in_seconds = local.limits.controller.detached_timeout_in_seconds
  config                           = local.controller_config
  freeform_tags                    = local.freeform_tags
  defined_tags                     = local.defined_tags

  failure_destination {
    kind     = "NOTIFICATION"
    topic_id = oci_ons_notification_topic.results.id
  }

  trace_config {
    is_enabled = var.tracing_enabled
  }
}

# A warning only: the names of registries differ between realms.
check "image_in_region" {
  assert {
    condition = local.given.image == null || local.region_key == null ? true : (
      startswith(local.given.image, "${local.region_key}.") || strcontains(split("/", local.given.image)[0], var.region)
    )
    error_message = "Functions takes images from its own region's registry only: image should name ${var.region}, or the key of this region."
  }
}
