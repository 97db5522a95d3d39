# What a tenancy would say: home region Ashburn, deployment in Frankfurt.

mock_data "oci_identity_region_subscriptions" {
  defaults = {
    region_subscriptions = [
      { region_name = "us-ashburn-1", region_key = "IAD", is_home_region = true, state = "READY" },
      { region_name = "eu-frankfurt-1", region_key = "FRA", is_home_region = false, state = "READY" },
    ]
  }
}

mock_data "oci_objectstorage_namespace" {
  defaults = { namespace = "mynamespace" }
}

mock_data "oci_core_services" {
  defaults = {
    services = [{
      id         = "ocid1.service.oc1.eu-frankfurt-1.all"
      name       = "All FRA Services In Oracle Services Network"
      cidr_block = "all-fra-services-in-oracle-services-network"
    }]
  }
}

mock_data "oci_apm_apm_domain" {
  defaults = { compartment_id = "ocid1.compartment.oc1..observability" }
}

mock_resource "oci_functions_application" {
  defaults = { id = "ocid1.fnapp.oc1.eu-frankfurt-1.application" }
}

mock_resource "oci_functions_function" {
  defaults = { invoke_endpoint = "https://abc.eu-frankfurt-1.functions.oci.oraclecloud.com" }
}

mock_resource "oci_ons_notification_topic" {
  defaults = { id = "ocid1.onstopic.oc1.eu-frankfurt-1.topic" }
}

mock_resource "oci_apm_apm_domain" {
  defaults = { id = "ocid1.apmdomain.oc1.eu-frankfurt-1.made" }
}

mock_resource "oci_core_subnet" {
  defaults = { id = "ocid1.subnet.oc1.eu-frankfurt-1.made" }
}

# Made by the wrong provider, groups and policies would have these.
mock_resource "oci_identity_dynamic_group" {
  defaults = { id = "ocid1.dynamicgroup.oc1..in-the-deployment-region" }
}

mock_resource "oci_identity_policy" {
  defaults = { id = "ocid1.policy.oc1..in-the-deployment-region" }
}
