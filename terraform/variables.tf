# Each validation is one rule. What depends on two variables is a precondition where it matters: Terraform 1.5 lets
# a validation see its own variable only.

# Where

variable "tenancy_ocid" {
  description = "The OCID of the tenancy that the inventory is taken of."
  type        = string

  validation {
    condition     = startswith(var.tenancy_ocid, "ocid1.tenancy.")
    error_message = "tenancy_ocid is the OCID of a tenancy (ocid1.tenancy.…)."
  }
}

variable "compartment_ocid" {
  description = "The OCID of the compartment that everything is made in; not the root compartment, so that statements can name it."
  type        = string

  validation {
    condition     = startswith(var.compartment_ocid, "ocid1.compartment.")
    error_message = "compartment_ocid is the OCID of a compartment below the root (ocid1.compartment.…)."
  }
}

variable "region" {
  description = "The name of the region that everything but IAM is made in, such as us-ashburn-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+(-[a-z]+)+-\\d+$", var.region))
    error_message = "region is the name of a region, such as us-ashburn-1."
  }
}

variable "name" {
  description = "What the deployment is called: the names of its parts begin with it."
  type        = string
  default     = "oci-inventory"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_-]{0,59}$", var.name))
    error_message = "name is a letter, and then at most 59 letters, digits, hyphens and underscores."
  }
}

variable "freeform_tags" {
  description = "Free-form tags of everything that is made."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "defined_tags" {
  description = "Defined tags of everything that is made, each as namespace.key = value."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.defined_tags) : can(regex("^[^.\\s]+\\.[^.\\s]+$", key))])
    error_message = "Each key of defined_tags is a namespace, a dot and a key."
  }
}

# Functions

variable "image" {
  description = "The URL of the functions' image, with its tag, in the OCIR of the region; needed unless code_only is true."
  type        = string
  default     = null

  validation {
    condition     = var.image == null || var.image == "" ? true : can(regex("^[a-z0-9.-]+\\.[a-z]+(/[a-z0-9._-]+){2,}:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", var.image))
    error_message = "image is a registry, a namespace, a repository and a tag, such as iad.ocir.io/namespace/oci-inventory:0.1.0; a digest goes into image_digest."
  }
}

variable "image_digest" {
  description = "The digest of the image (sha256:…); without it, an image that is pushed anew under the same tag is not noticed."
  type        = string
  default     = null

  validation {
    condition     = var.image_digest == null || var.image_digest == "" ? true : can(regex("^sha256:[0-9a-f]{64}$", var.image_digest))
    error_message = "image_digest is sha256: and 64 hexadecimal digits."
  }
}

variable "code_only" {
  description = "Whether the functions are made from an archive by deploy/code_only.py, which the provider cannot do: everything but the functions is made here."
  type        = bool
  default     = false
  nullable    = false
}

variable "function_ids" {
  description = "With code_only: the OCIDs of the functions that exist now, as controller, region and aggregator; their policies, schedules and rules are made once these are told."
  type = object({
    controller = string
    region     = string
    aggregator = string
  })
  default = null

  validation {
    condition     = var.function_ids == null ? true : alltrue([for id in values(var.function_ids) : can(regex("^ocid1\\.fnfunc\\.", id))])
    error_message = "function_ids are OCIDs of functions (ocid1.fnfunc.…)."
  }

  validation {
    condition     = var.function_ids == null ? true : length(distinct(values(var.function_ids))) == 3
    error_message = "function_ids are three different functions."
  }
}

variable "invoke_endpoint" {
  description = "With function_ids: the invoke endpoint of these functions, an https URL."
  type        = string
  default     = null

  validation {
    condition     = var.invoke_endpoint == null ? true : can(regex("^https://[^\\s/]+/?$", var.invoke_endpoint))
    error_message = "invoke_endpoint is https:// and a host."
  }
}

variable "shape" {
  description = "The processors that the image is built for: GENERIC_X86, GENERIC_ARM or GENERIC_X86_ARM."
  type        = string
  default     = "GENERIC_X86"
  nullable    = false

  validation {
    condition     = contains(["GENERIC_X86", "GENERIC_ARM", "GENERIC_X86_ARM"], var.shape)
    error_message = "shape is GENERIC_X86, GENERIC_ARM or GENERIC_X86_ARM."
  }
}

variable "controller_memory_in_mbs" {
  description = "Memory of the controller, in MB: 128, 256, 512, 1024, 2048 or 3072."
  type        = number
  default     = 1024
  nullable    = false

  validation {
    condition     = contains([128, 256, 512, 1024, 2048, 3072], var.controller_memory_in_mbs)
    error_message = "controller_memory_in_mbs is 128, 256, 512, 1024, 2048 or 3072."
  }
}

variable "region_memory_in_mbs" {
  description = "Memory of the region function, in MB: 128, 256, 512, 1024, 2048 or 3072."
  type        = number
  default     = 1024
  nullable    = false

  validation {
    condition     = contains([128, 256, 512, 1024, 2048, 3072], var.region_memory_in_mbs)
    error_message = "region_memory_in_mbs is 128, 256, 512, 1024, 2048 or 3072."
  }
}

variable "aggregator_memory_in_mbs" {
  description = "Memory of the aggregator, in MB: 128, 256, 512, 1024, 2048 or 3072."
  type        = number
  default     = 1024
  nullable    = false

  validation {
    condition     = contains([128, 256, 512, 1024, 2048, 3072], var.aggregator_memory_in_mbs)
    error_message = "aggregator_memory_in_mbs is 128, 256, 512, 1024, 2048 or 3072."
  }
}

variable "controller_timeout_in_seconds" {
  description = "How long a call of the controller may take whose answer is waited for, in seconds: 5 to 300."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = contains(range(5, 301), var.controller_timeout_in_seconds)
    error_message = "controller_timeout_in_seconds is a whole number from 5 to 300."
  }
}

variable "region_timeout_in_seconds" {
  description = "How long a call of the region function may take whose answer is waited for, in seconds: 5 to 300."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = contains(range(5, 301), var.region_timeout_in_seconds)
    error_message = "region_timeout_in_seconds is a whole number from 5 to 300."
  }
}

variable "aggregator_timeout_in_seconds" {
  description = "How long a call of the aggregator may take whose answer is waited for, in seconds: 5 to 300."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = contains(range(5, 301), var.aggregator_timeout_in_seconds)
    error_message = "aggregator_timeout_in_seconds is a whole number from 5 to 300."
  }
}

variable "controller_detached_timeout_in_seconds" {
  description = "How long a detached call of the controller may take, in seconds: 5 to 3600. Schedules call so."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = floor(var.controller_detached_timeout_in_seconds) == var.controller_detached_timeout_in_seconds && var.controller_detached_timeout_in_seconds >= 5 && var.controller_detached_timeout_in_seconds <= 3600
    error_message = "controller_detached_timeout_in_seconds is a whole number from 5 to 3600."
  }
}

variable "region_detached_timeout_in_seconds" {
  description = "How long a detached call of the region function may take, in seconds: 5 to 3600. It goes on in another call where that is not enough."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = floor(var.region_detached_timeout_in_seconds) == var.region_detached_timeout_in_seconds && var.region_detached_timeout_in_seconds >= 5 && var.region_detached_timeout_in_seconds <= 3600
    error_message = "region_detached_timeout_in_seconds is a whole number from 5 to 3600."
  }
}

variable "aggregator_detached_timeout_in_seconds" {
  description = "How long a detached call of the aggregator may take, in seconds: 5 to 3600. It goes on in another call where that is not enough."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = floor(var.aggregator_detached_timeout_in_seconds) == var.aggregator_detached_timeout_in_seconds && var.aggregator_detached_timeout_in_seconds >= 5 && var.aggregator_detached_timeout_in_seconds <= 3600
    error_message = "aggregator_detached_timeout_in_seconds is a whole number from 5 to 3600."
  }
}

variable "settings" {
  description = "More settings of the functions, by the keys of the README's table, such as INVENTORY_DEPTH = \"bulk\"; without those that are set here for them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = length(setsubtract(keys(var.settings), [
      "INVENTORY_COMPARTMENTS",
      "INVENTORY_DEPTH",
      "INVENTORY_ENDPOINT_TEMPLATE",
      "INVENTORY_EVENT_TYPES",
      "INVENTORY_EXCLUDE_TYPES",
      "INVENTORY_INCLUDE_TERMINATED",
      "INVENTORY_LOG_FORMAT",
      "INVENTORY_LOG_LEVEL",
      "INVENTORY_MAX_INVOCATIONS",
      "INVENTORY_MIN_INTERVAL_SECONDS",
      "INVENTORY_PAGE_SIZE",
      "INVENTORY_PARQUET",
      "INVENTORY_QUERY",
      "INVENTORY_REDACT_FIELDS",
      "INVENTORY_REGIONS",
      "INVENTORY_REQUESTS_PER_SECOND",
      "INVENTORY_RETENTION_RUNS",
      "INVENTORY_RUN_TIMEOUT_SECONDS",
      "INVENTORY_SERVICE_CONCURRENCY",
      "INVENTORY_SHARD_RECORDS",
      "INVENTORY_START_GRACE_SECONDS",
      "INVENTORY_TAGS",
      "INVENTORY_TYPES",
      "INVENTORY_VOLATILE_FIELDS",
      "INVENTORY_WINDOW_RECORDS",
      "INVENTORY_WORKERS",
    ])) == 0
    error_message = "settings has keys of the README's table of settings, without those that other variables set (bucket, prefix, functions, topic, metrics, summary)."
  }

  validation {
    condition     = length(join("", concat(keys(var.settings), values(var.settings)))) <= 3000
    error_message = "settings has at most 3000 characters in keys and values: Functions takes 4 KB, and the rest is needed for names and OCIDs."
  }
}

# Network

variable "subnet_ids" {
  description = "OCIDs of the subnets that the functions run in, with a route to all regions' services; empty, a VCN with a private subnet, a service gateway and a NAT gateway is made."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.subnet_ids : startswith(id, "ocid1.subnet.")])
    error_message = "subnet_ids are OCIDs of subnets (ocid1.subnet.…)."
  }
}

variable "vcn_cidr" {
  description = "The addresses of the VCN that is made, of /16 to /28; its one subnet has all of them. Not used with subnet_ids."
  type        = string
  default     = "10.0.0.0/24"
  nullable    = false

  validation {
    condition     = can(cidrnetmask(var.vcn_cidr))
    error_message = "vcn_cidr is an IPv4 block such as 10.0.0.0/24."
  }

  validation {
    condition     = try(contains(range(16, 29), tonumber(split("/", var.vcn_cidr)[1])), true)
    error_message = "vcn_cidr is from /16 to /28."
  }

  validation {
    condition     = try(cidrsubnet(var.vcn_cidr, 0, 0) == var.vcn_cidr, true)
    error_message = "vcn_cidr begins with the block's first address."
  }
}

# Bucket

variable "bucket_name" {
  description = "The name of the bucket, unique in the tenancy; null, name is taken."
  type        = string
  default     = null

  validation {
    condition     = var.bucket_name == null || var.bucket_name == "" ? true : can(regex("^[A-Za-z0-9._-]{1,256}$", var.bucket_name))
    error_message = "bucket_name is of letters, digits, dots, hyphens and underscores."
  }
}

variable "prefix" {
  description = "What the names of all objects begin with: letters, digits and ._=- in parts separated by one slash."
  type        = string
  default     = "inventory"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*$", var.prefix))
    error_message = "prefix is of letters, digits and ._=- in parts separated by one slash."
  }
}

variable "kms_key_id" {
  description = "The OCID of the key that the bucket is encrypted with; null, Oracle's own."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_id == null || var.kms_key_id == "" ? true : can(regex("^ocid1\\.key\\.", var.kms_key_id))
    error_message = "kms_key_id is the OCID of a key (ocid1.key.…)."
  }
}

variable "kms_key_compartment_id" {
  description = "The OCID of the compartment of that key, below the root; null, compartment_ocid."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_compartment_id == null || var.kms_key_compartment_id == "" ? true : can(regex("^ocid1\\.compartment\\.", var.kms_key_compartment_id))
    error_message = "kms_key_compartment_id is the OCID of a compartment below the root (ocid1.compartment.…)."
  }
}

variable "old_versions_days" {
  description = "After how many days the bucket deletes what was replaced or deleted: 1 to 365."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = contains(range(1, 366), var.old_versions_days)
    error_message = "old_versions_days is a whole number from 1 to 365."
  }
}

variable "abandoned_uploads_days" {
  description = "After how many days the bucket drops uploads that nobody finished: 1 to 365."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = contains(range(1, 366), var.abandoned_uploads_days)
    error_message = "abandoned_uploads_days is a whole number from 1 to 365."
  }
}

# Notifications

variable "notification_email" {
  description = "A mail address that is told of ends of runs, alarms and failed calls, once its owner has confirmed; null, none is."
  type        = string
  default     = null

  validation {
    condition     = var.notification_email == null || var.notification_email == "" ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.notification_email))
    error_message = "notification_email is a mail address such as cloud-team@example.com."
  }
}

variable "subscriptions" {
  description = "Who else is told: a list of objects with protocol (CUSTOM_HTTPS, EMAIL, ORACLE_FUNCTIONS, PAGERDUTY, SLACK or SMS) and endpoint."
  type = list(object({
    protocol = string
    endpoint = string
  }))
  default  = []
  nullable = false

  validation {
    condition = alltrue([
      for each in var.subscriptions :
      contains(["CUSTOM_HTTPS", "EMAIL", "ORACLE_FUNCTIONS", "PAGERDUTY", "SLACK", "SMS"], each.protocol)
    ])
    error_message = "The protocol of a subscription is CUSTOM_HTTPS, EMAIL, ORACLE_FUNCTIONS, PAGERDUTY, SLACK or SMS."
  }

  validation {
    condition     = alltrue([for each in var.subscriptions : can(regex("\\S", each.endpoint))])
    error_message = "Each subscription has an endpoint."
  }

  validation {
    condition     = length(distinct(var.subscriptions)) == length(var.subscriptions)
    error_message = "Each subscription is given once."
  }
}

# What starts runs

variable "trigger" {
  description = "What wakes the controller by the clock: schedule (Resource Scheduler: run and sweep), alarm (an alarm that repeats itself) or none."
  type        = string
  default     = "schedule"
  nullable    = false

  validation {
    condition     = contains(["schedule", "alarm", "none"], var.trigger)
    error_message = "trigger is schedule, alarm or none."
  }
}

variable "run_schedule" {
  description = "When runs start, as a cron expression of five fields, in time_zone."
  type        = string
  default     = "0 4 * * *"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9*,/-]+ [0-9*,/-]+ [0-9*,/?L-]+ [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/?#-]+$", var.run_schedule))
    error_message = "run_schedule is a cron expression of five fields: minute, hour, day of month, month, day of week."
  }
}

variable "sweep_schedule" {
  description = "When what is left of an open run is finished, as a cron expression of five fields, in time_zone."
  type        = string
  default     = "*/15 * * * *"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9*,/-]+ [0-9*,/-]+ [0-9*,/?L-]+ [0-9A-Za-z*,/-]+ [0-9A-Za-z*,/?#-]+$", var.sweep_schedule))
    error_message = "sweep_schedule is a cron expression of five fields: minute, hour, day of month, month, day of week."
  }
}

variable "time_zone" {
  description = "The time zone of the schedules, by its IANA name, such as UTC or Europe/Berlin."
  type        = string
  default     = "UTC"
  nullable    = false

  validation {
    condition     = can(regex("^(UTC|[A-Z][A-Za-z]+(/[A-Z][A-Za-z0-9_+-]*){1,2})$", var.time_zone))
    error_message = "time_zone is an IANA name such as UTC or Europe/Berlin."
  }
}

variable "alarm_repeat_duration" {
  description = "With trigger alarm: how often the alarm starts or joins a run, in minutes (PT30M), hours (PT1H to PT99H) or days (P1D to P30D). Where it is less than runs should be apart, set INVENTORY_MIN_INTERVAL_SECONDS."
  type        = string
  default     = "P1D"
  nullable    = false

  validation {
    condition     = can(regex("^(PT[1-9][0-9]{0,3}M|PT[1-9][0-9]?H|P([1-9]|[12][0-9]|30)D)$", var.alarm_repeat_duration))
    error_message = "alarm_repeat_duration is in minutes (PT30M), hours (PT1H to PT99H) or days (P1D to P30D)."
  }
}

variable "start_event_condition" {
  description = "The condition, as JSON, of an Events rule that starts runs; null, there is no such rule."
  type        = string
  default     = null

  validation {
    condition     = var.start_event_condition == null || var.start_event_condition == "" ? true : can(keys(jsondecode(var.start_event_condition)))
    error_message = "start_event_condition is a JSON object."
  }

  validation {
    condition     = var.start_event_condition == null || var.start_event_condition == "" ? true : try(length(jsondecode(var.start_event_condition).eventType) > 0, !can(keys(jsondecode(var.start_event_condition))))
    error_message = "start_event_condition names at least one eventType: one that matches every event would start runs without end."
  }
}

variable "outcome_rule" {
  description = "Whether an Events rule wakes the aggregator when a region's outcome is written, should the region worker's own call be lost."
  type        = bool
  default     = true
  nullable    = false
}

# What is told of runs

variable "metrics_enabled" {
  description = "Whether each run's figures go to Monitoring; the alarms on runs need them."
  type        = bool
  default     = true
  nullable    = false
}

variable "metrics_namespace" {
  description = "The namespace of these metrics: lower-case letters, digits and underscores, not beginning with oci_ or oracle_."
  type        = string
  default     = "tenancy_inventory"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,255}$", var.metrics_namespace))
    error_message = "metrics_namespace is a lower-case letter, and then lower-case letters, digits and underscores."
  }

  validation {
    condition     = !can(regex("^(oci_|oracle_)", var.metrics_namespace))
    error_message = "metrics_namespace does not begin with oci_ or oracle_."
  }
}

variable "executive_summary" {
  description = "For a language model's paragraph in the report: an object with model_id (OCID or name of a chat model of Generative AI), compartment_id (below the root) and, if it is not the functions', region; null, none is written."
  type = object({
    model_id       = string
    compartment_id = string
    region         = optional(string)
  })
  default = null

  validation {
    condition     = var.executive_summary == null ? true : can(regex("^\\S{1,255}$", var.executive_summary.model_id))
    error_message = "executive_summary.model_id is the OCID or the name of a chat model."
  }

  validation {
    condition     = var.executive_summary == null ? true : can(regex("^ocid1\\.compartment\\.", var.executive_summary.compartment_id))
    error_message = "executive_summary.compartment_id is the OCID of a compartment below the root (ocid1.compartment.…)."
  }

  validation {
    condition     = try(var.executive_summary.region, null) == null ? true : can(regex("^[a-z]+(-[a-z]+)+-\\d+$", var.executive_summary.region))
    error_message = "executive_summary.region is the name of a region, such as us-chicago-1."
  }
}

variable "alarms_enabled" {
  description = "Whether alarms are made: on runs that fail, are overdue or have gaps, and on errors and throttles."
  type        = bool
  default     = true
  nullable    = false
}

variable "alarm_run_overdue_hours" {
  description = "After how many hours without a published run the alarm is due, which fires one hour later: 1 to 24, so for runs at least once a day; null, there is no such alarm."
  type        = number
  default     = 24

  validation {
    condition     = var.alarm_run_overdue_hours == null ? true : try(contains(range(1, 25), var.alarm_run_overdue_hours), false)
    error_message = "alarm_run_overdue_hours is a whole number from 1 to 24; Monitoring looks back no further."
  }
}

variable "alarm_gaps_above" {
  description = "How many gaps a published run may have before an alarm fires."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.alarm_gaps_above >= 0
    error_message = "alarm_gaps_above is 0 or more."
  }
}

variable "alarm_throttles_above" {
  description = "How often services may answer a run with 429 before an alarm fires; some is usual, for the functions ask as fast as they may."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.alarm_throttles_above >= 0
    error_message = "alarm_throttles_above is 0 or more."
  }
}

variable "logs_enabled" {
  description = "Whether the functions' logs are kept, in a log group of their own."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "How many days they are kept: 30, 60, 90, 120, 150 or 180."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180], var.log_retention_days)
    error_message = "log_retention_days is 30, 60, 90, 120, 150 or 180."
  }
}

variable "tracing_enabled" {
  description = "Whether calls of the functions are traced by Application Performance Monitoring."
  type        = bool
  default     = false
  nullable    = false
}

variable "apm_domain_id" {
  description = "The OCID of the APM domain for traces; null, one is made, which is charged for."
  type        = string
  default     = null

  validation {
    condition     = var.apm_domain_id == null || var.apm_domain_id == "" ? true : can(regex("^ocid1\\.apmdomain\\.", var.apm_domain_id))
    error_message = "apm_domain_id is the OCID of an APM domain (ocid1.apmdomain.…)."
  }
}
