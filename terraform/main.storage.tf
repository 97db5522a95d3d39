# The bucket. Its history must not vanish by accident: `prevent_destroy` fails a plan that would delete or replace
# it, and Object Storage refuses to delete a bucket that holds anything; README.md says how to remove it on purpose.
#
# The pointer `latest.json` is replaced by every run, and old runs are deleted by the controller, so there is no
# retention rule; and no lifecycle rule touches a current object, for the last published run is the baseline of the
# next, however old it is.

resource "oci_objectstorage_bucket" "inventory" {
  compartment_id        = var.compartment_ocid
  namespace             = data.oci_objectstorage_namespace.tenancy.namespace
  name                  = local.bucket_name
  access_type           = "NoPublicAccess"
  versioning            = "Enabled"
  object_events_enabled = true
  kms_key_id            = local.given.kms_key_id
  freeform_tags         = local.freeform_tags
  defined_tags          = local.defined_tags

  # Object Storage must be allowed to use the key before the bucket can be made with it.
  depends_on = [oci_identity_policy.services]

  lifecycle {
    prevent_destroy = true
  }
}

resource "oci_objectstorage_object_lifecycle_policy" "inventory" {
  namespace = oci_objectstorage_bucket.inventory.namespace
  bucket    = oci_objectstorage_bucket.inventory.name

  rules {
    name        = "delete-old-versions"
    target      = "previous-object-versions"
    action      = "DELETE"
    time_amount = var.old_versions_days
    time_unit   = "DAYS"
    is_enabled  = true
  }

  rules {
    name        = "abort-abandoned-uploads"
    target      = "multipart-uploads"
    action      = "ABORT"
    time_amount = var.abandoned_uploads_days
    time_unit   = "DAYS"
    is_enabled  = true
  }

  # Object Storage is asked whether it may do what the rules say when they are written.
  depends_on = [oci_identity_policy.services]
}
