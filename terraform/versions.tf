# Terraform 1.5 is the newest that Resource Manager runs, so nothing here needs more; the tests (tests/) do.
terraform {
  required_version = ">= 1.5.0"

  required_providers {
    oci = {
      source  = "oracle/oci"
      version = "~> 8.27" # local_time_zone of schedules
    }
  }
}

# How to sign is left to the environment: Cloud Shell, Resource Manager, and ~/.oci/config elsewhere.
provider "oci" {
  region = var.region
}

# IAM is written in the tenancy's home region only.
provider "oci" {
  alias  = "home"
  region = local.home_region
}
