"""Which IAM statement lets a function read resources of a type.

The names are those of Oracle's policy reference. Where a family would also open what resources contain
(objects, lines of logs, secrets), the single resource-type that describes them stands instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from inventory.catalog.entry import ResourceType

#: For types that nothing more narrow is known of.
ALL_RESOURCES = "all-resources"

#: By the SDK's module and client that read the type.
_BY_CLIENT: Mapping[tuple[str, str], str] = {
    ("ai_document", "AIServiceDocumentClient"): "ai-service-document-family",
    ("ai_language", "AIServiceLanguageClient"): "ai-service-language-family",
    ("ai_vision", "AIServiceVisionClient"): "ai-service-vision-family",
    ("analytics", "AnalyticsClient"): "analytics-instances",
    ("apigateway", "ApiGatewayClient"): "api-gateway-family",
    ("apigateway", "DeploymentClient"): "api-gateway-family",
    ("apigateway", "GatewayClient"): "api-gateway-family",
    ("apigateway", "SubscribersClient"): "api-gateway-family",
    ("apigateway", "UsagePlansClient"): "api-gateway-family",
    ("apm_control_plane", "ApmDomainClient"): "apm-domains",
    ("artifacts", "ArtifactsClient"): "repos",
    ("autoscaling", "AutoScalingClient"): "auto-scaling-configurations",
    ("bastion", "BastionClient"): "bastion-family",
    ("bds", "BdsClient"): "bds-instance",
    ("budget", "BudgetClient"): "usage-budgets",
    ("cloud_guard", "CloudGuardClient"): "cloud-guard-family",
    ("container_engine", "ContainerEngineClient"): "cluster-family",
    ("container_instances", "ContainerInstanceClient"): "compute-container-family",
    ("core", "BlockstorageClient"): "volume-family",
    ("core", "ComputeClient"): "instance-family",
    ("core", "ComputeManagementClient"): "compute-management-family",
    ("core", "VirtualNetworkClient"): "virtual-network-family",
    ("data_catalog", "DataCatalogClient"): "data-catalog-family",
    ("data_flow", "DataFlowClient"): "dataflow-family",
    ("data_safe", "DataSafeClient"): "data-safe-family",
    ("data_science", "DataScienceClient"): "data-science-family",
    ("database", "DatabaseClient"): "database-family",
    ("database_management", "DbManagementClient"): "dbmgmt-family",
    ("database_migration", "DatabaseMigrationClient"): "odms-family",
    ("database_tools", "DatabaseToolsClient"): "database-tools-family",
    ("devops", "DevopsClient"): "devops-family",
    ("disaster_recovery", "DisasterRecoveryClient"): "disaster-recovery-family",
    ("dns", "DnsClient"): "dns",
    ("email", "EmailClient"): "email-family",
    ("events", "EventsClient"): "cloudevents-rules",
    ("file_storage", "FileStorageClient"): "file-family",
    ("functions", "FunctionsManagementClient"): "functions-family",
    ("generative_ai_agent", "GenerativeAiAgentClient"): "genai-agent-family",
    ("golden_gate", "GoldenGateClient"): "goldengate-family",
    ("healthchecks", "HealthChecksClient"): "health-check-family",
    ("key_management", "KmsManagementClient"): "keys",
    ("key_management", "KmsVaultClient"): "vaults",
    ("limits", "QuotasClient"): "quotas",
    ("load_balancer", "LoadBalancerClient"): "load-balancers",
    ("logging", "LoggingManagementClient"): "log-groups",
    ("management_agent", "ManagementAgentClient"): "management-agents",
    ("management_dashboard", "DashxApisClient"): "management-dashboard-family",
    ("monitoring", "MonitoringClient"): "alarms",
    ("mysql", "ChannelsClient"): "mysql-family",
    ("mysql", "DbBackupsClient"): "mysql-family",
    ("mysql", "DbSystemClient"): "mysql-family",
    ("mysql", "MysqlaasClient"): "mysql-family",
    ("network_firewall", "NetworkFirewallClient"): "network-firewall-family",
    ("network_load_balancer", "NetworkLoadBalancerClient"): "network-load-balancers",
    ("nosql", "NosqlClient"): "nosql-tables",
    ("object_storage", "ObjectStorageClient"): "buckets",
    ("ons", "NotificationControlPlaneClient"): "ons-family",
    ("ons", "NotificationDataPlaneClient"): "ons-family",
    ("opsi", "OperationsInsightsClient"): "opsi-family",
    ("queue", "QueueAdminClient"): "queues",
    ("recovery", "DatabaseRecoveryClient"): "recovery-service-family",
    ("sch", "ServiceConnectorClient"): "serviceconnectors",
    ("stack_monitoring", "StackMonitoringClient"): "stack-monitoring-family",
    ("vault", "VaultsClient"): "secrets",
    ("vulnerability_scanning", "VulnerabilityScanningClient"): "vss-family",
    ("waas", "WaasClient"): "waas-family",
    ("waf", "WafClient"): "waf-family",
}

#: By the type's name, where its client reads types of several families. IAM has no family.
_BY_TYPE: Mapping[str, str] = {
    "AutonomousDatabase": "autonomous-database-family",
    "AutonomousDatabaseBackup": "autonomous-database-family",
    "CaBundle": "cabundles",
    "Certificate": "leaf-certificates",
    "CertificateAuthority": "certificate-authorities",
    "Compartment": "compartments",
    "Domain": "domains",
    "DynamicResourceGroup": "dynamic-groups",
    "Group": "groups",
    "IdentityProvider": "identity-providers",
    "LogSavedSearch": ALL_RESOURCES,
    "ManagementAgentInstallKey": "management-agent-install-keys",
    "NetworkSource": "network-sources",
    "Policy": "policies",
    "SecurityZonesSecurityPolicy": ALL_RESOURCES,
    "SecurityZonesSecurityRecipe": ALL_RESOURCES,
    "SecurityZonesSecurityZone": ALL_RESOURCES,
    "Stream": "streams",
    "TagDefault": "tag-defaults",
    "TagNamespace": "tag-namespaces",
    "UnifiedAgentConfiguration": "unified-configuration",
    "User": "users",
}

# `read all-resources` alone would also let the function read objects and secrets.
_NO_CONTENTS = " where all {request.permission != 'OBJECT_READ', request.permission != 'SECRET_BUNDLE_READ'}"


def read_statement(entry: ResourceType | None) -> str:
    """The IAM statement that lets a dynamic group read a type; None is a type that the catalog lacks."""
    family = _family(entry)
    condition = _NO_CONTENTS if family == ALL_RESOURCES else ""
    return f"Allow dynamic-group <name> to read {family} in tenancy{condition}"


def _family(entry: ResourceType | None) -> str:
    if entry is None or entry.service is None or entry.client is None:
        return ALL_RESOURCES
    by_client = _BY_CLIENT.get((entry.service, entry.client), ALL_RESOURCES)
    return _BY_TYPE.get(entry.name, by_client)
