"""Bodies of networking: VCN and what has rules in one, and load balancers."""

from __future__ import annotations

from random import Random
from typing import Any

from emulator.sdk.values import Surroundings
from emulator.tenancy.values import Resource


def _label(rng: Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8))


def vcn(_resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """core Vcn."""
    cidr = f"10.{rng.randint(0, 254)}.0.0/16"
    label = _label(rng)
    return {
        "cidrBlock": cidr,
        "cidrBlocks": [cidr],
        "dnsLabel": label,
        "vcnDomainName": f"{label}.oraclevcn.com",
    }


def subnet(_resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """core Subnet, regional (no availability domain)."""
    second, third = rng.randint(0, 254), rng.randint(0, 254)
    label = _label(rng)
    return {
        "availabilityDomain": None,
        "cidrBlock": f"10.{second}.{third}.0/24",
        "ipv4CidrBlocks": [f"10.{second}.{third}.0/24"],
        "dnsLabel": label,
        "subnetDomainName": f"{label}.oraclevcn.com",
        "virtualRouterIp": f"10.{second}.{third}.1",
    }


def route_table(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
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
                "description": f"Internet – ausgehend, {resource.compartment_id}"
                if rng.random() < 0.1
                else None,
                "routeType": "STATIC",
            }
            for destination in destinations
        ]
    }


def security_list(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
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
                # A text stays one, though it is nothing but an OCID.
                "description": resource.compartment_id if port == 443 else None,
            }
            for port in ports
        ],
    }


def dhcp_options(resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
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


def load_balancer(_resource: Resource, rng: Random, _around: Surroundings) -> dict[str, Any]:
    """load_balancer LoadBalancer, with a listener, a backend set and a public certificate."""
    backends = [
        {
            "name": f"10.0.{rng.randint(0, 254)}.{rng.randint(2, 254)}:8080",
            "port": 8080,
            "weight": 1,
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
    }
