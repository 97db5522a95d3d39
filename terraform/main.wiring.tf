# What the other files share: names, regions, namespace, tags.

data "oci_identity_region_subscriptions" "tenancy" {
  tenancy_id = var.tenancy_ocid
}

data "oci_objectstorage_namespace" "tenancy" {
  compartment_id = var.tenancy_ocid
}

locals {
  # What was left empty in Resource Manager's form comes as an empty string.
  given = { for name, text in {
    image                  = var.image
    image_digest           = var.image_digest
    bucket_name            = var.bucket_name
    kms_key_id             = var.kms_key_id
    kms_key_compartment_id = var.kms_key_compartment_id
    start_event_condition  = var.start_event_condition
    apm_domain_id          = var.apm_domain_id
    notification_email     = var.notification_email
  } : name => text == "" ? null : text }

  bucket_name = local.given.bucket_name == null ? var.name : local.given.bucket_name

  wiring = yamldecode(templatefile("${path.module}/deployment.yaml", {
    name        = var.name
    bucket_name = local.bucket_name
    prefix      = var.prefix
  }))

  subscriptions = data.oci_identity_region_subscriptions.tenancy.region_subscriptions
  home_region   = one([for each in local.subscriptions : each.region_name if each.is_home_region])
  region_key    = one([for each in local.subscriptions : lower(each.region_key) if each.region_name == var.region])

  # Null and not empty: tags that a tenancy's tag defaults add must not be taken away by the next apply.
  freeform_tags = length(var.freeform_tags) > 0 ? var.freeform_tags : null
  defined_tags  = length(var.defined_tags) > 0 ? var.defined_tags : null
}
