"""The categories of graph nodes, as data: which resource type belongs to which.

Names are compared in any letter case. A type that stands in no list is judged by the longest prefix that its
name begins with, and is `other` where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

COMPUTE = "compute"
NETWORK = "network"
SECURITY = "security"
OTHER = "other"

#: The categories that stand in a node's type, by the ancestor's contract: `compute.Instance`.
IN_NODE_TYPE = frozenset({COMPUTE, NETWORK, SECURITY})

_TYPES: Mapping[str, str] = {
    COMPUTE: """
        AutoScalingConfiguration AutoScalingPolicy BootVolumeAttachment ccc-infrastructure
        ccc-upgrade-schedule cccinfrastructure Cluster ClusterNetwork clusterplacementgroup
        ComputeCapacityReservation ComputeCapacityReservationInstance consolehistory DedicatedVmHost
        DedicatedVmHostInstance desktoppool Image Instance InstanceAgentAvailablePlugin InstanceAgentPlugin
        InstanceConfiguration InstancePool VmwareEsxiHost vmwarecluster VmwareSddc VnicAttachment
        VolumeAttachment
    """,
    NETWORK: """
        Backend BackendSet ByoipRange CaptureFilter Cpe CrossConnect CrossConnectGroup CrossConnectMapping
        CustomerDnsZone DHCPOptions Drg DrgAttachment DrgRouteDistribution DrgRouteDistributionStatement
        DrgRouteRule DrgRouteTable Hostname HttpMonitor HttpRedirect InternetGateway IPSecConnection
        IpSecConnectionTunnel Ipv6 ListenerRule LoadBalancer LocalPeeringGateway NatGateway NetworkFirewall
        NetworkFirewallPolicy NetworkLoadBalancer NetworkSecurityGroup NetworkSecurityGroupSecurityRule
        NetworkSecurityGroupVnic PathAnalyzerTest PathRouteSet PingMonitor PrivateIp privateserviceaccess
        PublicIp PublicIpPool RemotePeeringConnection RouteTable RoutingPolicy RRSet RuleSet SecurityList
        ServiceGateway SSLCipherSuite Subnet Vcn VirtualCircuit Vlan Vnic Vtap WebAppAcceleration
        WebAppAccelerationPolicy ZoneTransferServer
    """,
    SECURITY: """
        AgcsGovernanceInstance Bastion BastionSession CaBundle CaBundleAssociation DbCredential Domain
        DynamicGroup DynamicResourceGroup Group IdentityProvider IdentityProviderGroup IdpGroupMapping Key
        MfaTotpDevice NetworkSource Policy Secret SecurityAttributeNamespace User UserGroupMembership
        WebAppFirewall WebAppFirewallNetworkAddressList WebAppFirewallPolicy ZprPolicy
    """,
    "storage": """
        BlockVolume BootVolume BootVolumeBackup BootVolumeReplica Bucket Export ExportSet FileSystem
        filesystemsnapshotpolicy FssReplication FssReplicationTarget lustrefilesystem MountTarget
        PreauthenticatedRequest Snapshot Volume VolumeBackup VolumeBackupPolicy VolumeGroup
        VolumeGroupBackup VolumeGroupReplica VolumeReplica
    """,
    "database": """
        Backup BackupDestination DataGuardAssociation DbHome DbKeyStore DbNode DbServer DbSystem
        exadbvmcluster ExadataInfrastructure exascaledbstoragevault OdmsConnection OdmsJob OdmsMigration
        PluggableDatabase ProtectedDatabase ProtectionPolicy RecoveryServiceSubnet rediscluster VmCluster
        VmClusterNetwork
    """,
    "containers": """
        ClustersCluster clustersvirtualnode clustersvirtualnodepool Container ContainerImage
        ContainerInstance ContainerRepo NodePool
    """,
    "developer": "App application FunctionsApplication FunctionsFunction",
    "integration": """
        ConnectHarness EventRule IntegrationInstance OnsSubscription OnsTopic processautomationinstance
        Queue ServiceConnector Stream StreamPool
    """,
    "analytics": "AnalyticsInstance datalake DISWorkspace OceInstance resanalyticsinstance run",
    "observability": """
        Alarm AlarmStatus ApmDomain ConsoleDashboard ConsoleDashboardGroup Log LogAnalyticsEntity LogGroup
        LogSavedSearch ManagementDashboard ManagementSavedSearch OpsiDatabaseInsight stackmonitoringresource
        UnifiedAgentConfiguration
    """,
    "management": """
        agent AlertRule AvailabilityDomain Budget Compartment limitsincreaserequest
        organizationsgovernancerule Quota ReplicationSchedule ResourceSchedule Tag TagDefault TagNamespace
        TargetAsset
    """,
}

_PREFIXES: Mapping[str, str] = {
    COMPUTE: "batch rover",
    NETWORK: "Dns Waas",
    SECURITY: "Certificate CloudGuard DataSafe Kms Opctl SecurityZones Vault Vss AccessPolicy",
    "storage": "DataTransfer",
    "database": """
        Autonomous CloudAutonomousVm CloudExadata CloudVmCluster Database DbCloud External GoldenGate MySQL
        NoSQL Osd Postgresql
    """,
    "containers": "IngressGateway Mesh VirtualDeployment VirtualService",
    "developer": "Adm ApiDeployment ApiGateway Blockchain DevOps Oda Orm Vbs VisualBuilder OpaInstance",
    "integration": "Email dkim iot kafka Media StreamCdn StreamDistribution StreamPackaging",
    "analytics": "BigData DataCatalog DataFlow Metastore",
    "ai": "Ai AiDataPlatform DataLabeling DataScience GenAi",
    "observability": "Dbmgmt ManagementAgent",
    "management": """
        ConsoleResource DrPlan DrProtection Fams Fusion Jms LicenseManager Migration Ocb OdmsAgent Osmh Osms
        Wlms
    """,
}


def _by_name(lists: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): category for category, names in lists.items() for name in names.split()}


_BY_TYPE = _by_name(_TYPES)
_BY_PREFIX = dict(sorted(_by_name(_PREFIXES).items(), key=lambda item: -len(item[0])))

#: Every category that a node can have.
CATEGORIES = tuple(sorted({*_TYPES, *_PREFIXES, OTHER}))


@lru_cache(maxsize=4096)
def category_of(resource_type: str) -> str:
    """The category of a resource type."""
    name = resource_type.lower()
    if name in _BY_TYPE:
        return _BY_TYPE[name]
    return next((category for prefix, category in _BY_PREFIX.items() if name.startswith(prefix)), OTHER)


def node_type(resource_type: str) -> str:
    """A node's type: `category.Type` for compute, network and security, else the bare type."""
    category = category_of(resource_type)
    return f"{category}.{resource_type}" if category in IN_NODE_TYPE else resource_type
