tenancy_ocid     = "ocid1.tenancy.oc1..mytenancy"
compartment_ocid = "ocid1.compartment.oc1..mycompartment"
region           = "eu-frankfurt-1"
image            = "fra.ocir.io/mynamespace/oci-inventory:0.1.0"
