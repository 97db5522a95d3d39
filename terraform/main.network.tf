# A network of its own, where no subnet is given: nothing comes in; out it goes through a service gateway to this
# region's services, and through a NAT gateway to those of other regions, which a service gateway does not reach.

locals {
  makes_network = length(var.subnet_ids) == 0
  subnet_ids    = local.makes_network ? oci_core_subnet.functions[*].id : var.subnet_ids
  all_services  = one(flatten(data.oci_core_services.all[*].services))

  # The resolver of every VCN, at a link-local address.
  resolver = "169.254.169.254/32"
}

data "oci_core_services" "all" {
  count = local.makes_network ? 1 : 0

  filter {
    name   = "name"
    values = ["All .* Services In Oracle Services Network"]
    regex  = true
  }
}

resource "oci_core_vcn" "inventory" {
  count = local.makes_network ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = var.name
  cidr_blocks    = [var.vcn_cidr]
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

resource "oci_core_service_gateway" "inventory" {
  count = local.makes_network ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = var.name
  vcn_id         = one(oci_core_vcn.inventory[*].id)
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags

  services {
    service_id = local.all_services.id
  }
}

resource "oci_core_nat_gateway" "inventory" {
  count = local.makes_network ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = var.name
  vcn_id         = one(oci_core_vcn.inventory[*].id)
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags
}

resource "oci_core_route_table" "functions" {
  count = local.makes_network ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = var.name
  vcn_id         = one(oci_core_vcn.inventory[*].id)
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags

  route_rules {
    description       = "Services of this region"
    destination       = local.all_services.cidr_block
    destination_type  = "SERVICE_CIDR_BLOCK"
    network_entity_id = one(oci_core_service_gateway.inventory[*].id)
  }

  route_rules {
    description       = "Services of other regions"
    destination       = "0.0.0.0/0"
    destination_type  = "CIDR_BLOCK"
    network_entity_id = one(oci_core_nat_gateway.inventory[*].id)
  }
}

# Without an ingress rule nothing may come in.
resource "oci_core_security_list" "functions" {
  count = local.makes_network ? 1 : 0

  compartment_id = var.compartment_ocid
  display_name   = var.name
  vcn_id         = one(oci_core_vcn.inventory[*].id)
  freeform_tags  = local.freeform_tags
  defined_tags   = local.defined_tags

  egress_security_rules {
    description      = "HTTPS to OCI's services"
    destination      = "0.0.0.0/0"
    destination_type = "CIDR_BLOCK"
    protocol         = "6" # TCP

    tcp_options {
      min = 443
      max = 443
    }
  }

  egress_security_rules {
    description      = "Names"
    destination      = local.resolver
    destination_type = "CIDR_BLOCK"
    protocol         = "17" # UDP

    udp_options {
      min = 53
      max = 53
    }
  }

  egress_security_rules {
    description      = "Names whose answers are long"
    destination      = local.resolver
    destination_type = "CIDR_BLOCK"
    protocol         = "6" # TCP

    tcp_options {
      min = 53
      max = 53
    }
  }
}

resource "oci_core_subnet" "functions" {
  count = local.makes_network ? 1 : 0

  compartment_id             = var.compartment_ocid
  display_name               = var.name
  vcn_id                     = one(oci_core_vcn.inventory[*].id)
  cidr_block                 = var.vcn_cidr
  route_table_id             = one(oci_core_route_table.functions[*].id)
  security_list_ids          = oci_core_security_list.functions[*].id
  prohibit_public_ip_on_vnic = true
  freeform_tags              = local.freeform_tags
  defined_tags               = local.defined_tags
}
