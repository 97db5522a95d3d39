"""Bodies of networking: VCN and what lives in one, gateways, and load balancers."""

from __future__ import annotations

from random import Random
from typing import Any

from emulator.tenancy.values import Resource


def _label(rng: Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def vcn(resource: Resource, rng: Random) -> dict[str, Any]:
    """core Vcn."""
    cidr = f"10.{rng.randint(0, 254)}.0.0/16"
    label = _label(rng)
    return {
        "cidrBlock": cidr,
        "cidrBlocks": [cidr] + [f"172.{16 + n}.0.0/16" for n in range(resource.revision % 16)],
        "dnsLabel": label,
        "vcnDomainName": f"{label}.oraclevcn.com",
        "ipv6CidrBlocks": None,
        "byoipv6CidrBlocks": None,
        "ipv6PrivateCidrBlocks": None,
        "securityAttributes": {},
        "isZprOnly": False,
    }


def subnet(resource: Resource, rng: Random) -> dict[str, Any]:
    """core Subnet, regional (no availability domain)."""
    second, third = rng.randint(0, 254), rng.randint(0, 254)
    label = _label(rng)
    return {
        "availabilityDomain": None,
        "cidrBlock": f"10.{second}.{third}.0/24",
        "ipv4CidrBlocks": [f"10.{second}.{third}.0/24"],
        "dnsLabel": label,
        "subnetDomainName": f"{label}.oraclevcn.com",
        "ipv6CidrBlock": None,
        "ipv6CidrBlocks": None,
        "ipv6VirtualRouterIp": None,
        "prohibitInternetIngress": resource.revision % 2 == 1,
        "prohibitPublicIpOnVnic": resource.revision % 2 == 1,
        "virtualRouterIp": f"10.{second}.{third}.1",
        "virtualRouterMac": ":".join(f"{byte:02X}" for byte in (0, 0, 23, *rng.randbytes(3))),
    }


def route_table(resource: Resource, rng: Random) -> dict[str, Any]:
    """core RouteTable; the default route leads to the VCN's internet gateway where there is one."""
    gateway = resource.references.get("_networkEntityId")
    destinations = ["0.0.0.0/0"] if gateway else []
    destinations += [f"192.168.{n}.0/24" for n in range(resource.revision)]
    return {
        "routeRules": [
            {
                "cidrBlock": None,
                "destination": destination,
                "destinationType": "CIDR_BLOCK",
                "networkEntityId": gateway,
                "description": "Internet – ausgehend" if rng.random() < 0.1 else None,
                "routeType": "STATIC",
            }
            for destination in destinations
        ]
    }


def security_list(resource: Resource, rng: Random) -> dict[str, Any]:
    """core SecurityList."""
    ports = [22, 443, *(8000 + n for n in range(resource.revision))]
    return {
        "egressSecurityRules": [
            {
                "destination": "0.0.0.0/0",
                "destinationType": "CIDR_BLOCK",
                "isStateless": False,
                "protocol": "all",
            }
        ],
        "ingressSecurityRules": [
            {
                "source": "0.0.0.0/0" if port == 443 else f"10.{rng.randint(0, 254)}.0.0/16",
                "sourceType": "CIDR_BLOCK",
                "isStateless": False,
                "protocol": "6",
                "tcpOptions": {"destinationPortRange": {"min": port, "max": port}, "sourcePortRange": None},
                "description": None,
            }
            for port in ports
        ],
    }


def dhcp_options(resource: Resource, rng: Random) -> dict[str, Any]:
    """core DhcpOptions."""
    servers = [f"10.0.0.{10 + n}" for n in range(resource.revision)]
    resolver = {
        "type": "DomainNameServer",
        "serverType": "CustomDnsServer" if servers else "VcnLocalPlusInternet",
        "customDnsServers": servers or None,
    }
    return {
        "options": [
            resolver,
            {"type": "SearchDomain", "searchDomainNames": [f"{_label(rng)}.oraclevcn.com"]},
        ],
        "domainNameType": "CUSTOM_DOMAIN",
    }


def network_security_group(_resource: Resource, _rng: Random) -> dict[str, Any]:
    """core NetworkSecurityGroup: nothing beyond what all have, its rules have a call of their own."""
    return {}


def internet_gateway(resource: Resource, _rng: Random) -> dict[str, Any]:
    """core InternetGateway."""
    return {"isEnabled": resource.revision % 2 == 0, "routeTableId": None}


def nat_gateway(resource: Resource, rng: Random) -> dict[str, Any]:
    """core NatGateway."""
    return {
        "blockTraffic": resource.revision % 2 == 1,
        "natIp": f"129.146.{rng.randint(1, 254)}.{rng.randint(1, 254)}",
        "publicIpId": None,
        "routeTableId": None,
    }


def service_gateway(resource: Resource, rng: Random) -> dict[str, Any]:
    """core ServiceGateway."""
    service_id = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz234567", k=60))
    return {
        "blockTraffic": resource.revision % 2 == 1,
        "routeTableId": None,
        "services": [
            {
                "serviceId": f"ocid1.service.oc1.{resource.region}.{service_id}",
                "serviceName": "All Services In Oracle Services Network",
            }
        ],
    }


def drg(resource: Resource, _rng: Random) -> dict[str, Any]:
    """core Drg; what it exports is the only thing that changes here."""
    exported = f"ocid1.drgroutedistribution.oc1..export{resource.revision}" if resource.revision else None
    return {"defaultDrgRouteTables": None, "defaultExportDrgRouteDistributionId": exported}


def vnic(resource: Resource, rng: Random) -> dict[str, Any]:
    """core Vnic."""
    return {
        "hostnameLabel": _label(rng),
        "isPrimary": True,
        "macAddress": ":".join(f"{byte:02X}" for byte in (2, 0, 23, *rng.randbytes(3))),
        "nsgIds": [],
        "vlanId": None,
        "privateIp": f"10.{rng.randint(0, 254)}.{rng.randint(0, 254)}.{rng.randint(2, 254)}",
        "publicIp": None,
        "skipSourceDestCheck": resource.revision % 2 == 1,
        "ipv6Addresses": None,
        "routeTableId": None,
        "securityAttributes": {},
    }


def network_load_balancer(resource: Resource, rng: Random) -> dict[str, Any]:
    """network_load_balancer NetworkLoadBalancer, without listeners."""
    return {
        "ipAddresses": [
            {"ipAddress": f"10.0.{rng.randint(1, 254)}.7", "isPublic": False, "ipVersion": "IPV4"}
        ],
        "isPrivate": True,
        "isPreserveSourceDestination": resource.revision % 2 == 1,
        "isSymmetricHashEnabled": False,
        "nlbIpVersion": "IPV4",
        "networkSecurityGroupIds": [],
        "lifecycleDetails": None,
        "listeners": {},
        "backendSets": {},
        "securityAttributes": {},
        "timeUpdated": None,
    }


def load_balancer(resource: Resource, rng: Random) -> dict[str, Any]:
    """load_balancer LoadBalancer, with a listener, a backend set and a public certificate."""
    backends = [
        {
            "name": f"10.0.{rng.randint(0, 254)}.{rng.randint(2, 254)}:8080",
            "port": 8080,
            "weight": 1 + resource.revision,
            "drain": False,
            "backup": False,
            "offline": False,
        }
        for _ in range(2)
    ]
    for backend in backends:
        backend["ipAddress"] = str(backend["name"]).partition(":")[0]
    pem = "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=64))
    return {
        "ipAddresses": [
            {"ipAddress": f"140.238.{rng.randint(1, 254)}.9", "isPublic": True, "reservedIp": None}
        ],
        "shapeName": "flexible",
        "shapeDetails": {"minimumBandwidthInMbps": 10, "maximumBandwidthInMbps": rng.choice((10, 100, 400))},
        "isPrivate": False,
        "isDeleteProtectionEnabled": False,
        "isRequestIdEnabled": False,
        "requestIdHeader": None,
        "ipMode": "IPV4",
        "listeners": {
            "https": {
                "name": "https",
                "defaultBackendSetName": "app",
                "port": 443,
                "protocol": "HTTP",
                "hostnameNames": [],
                "ruleSetNames": [],
                "sslConfiguration": {"certificateName": "site", "protocols": ["TLSv1.2"], "verifyDepth": 1},
                "connectionConfiguration": {"idleTimeout": 60},
            }
        },
        "backendSets": {
            "app": {
                "name": "app",
                "policy": "ROUND_ROBIN",
                "backends": backends,
                "healthChecker": {
                    "protocol": "HTTP",
                    "urlPath": "/health",
                    "port": 8080,
                    "returnCode": 200,
                    "retries": 3,
                    "timeoutInMillis": 3000,
                    "intervalInMillis": 10000,
                    "responseBodyRegex": ".*",
                },
            }
        },
        "certificates": {
            "site": {
                "certificateName": "site",
                "publicCertificate": f"-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n",
                "caCertificate": None,
            }
        },
        "hostnames": {},
        "sslCipherSuites": {},
        "pathRouteSets": {},
        "ruleSets": {},
        "routingPolicies": {},
        "securityAttributes": {},
    }
