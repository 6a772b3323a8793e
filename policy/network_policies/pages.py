"""The pages that the rules cite, one name for each."""

_LEARN = "https://learn.microsoft.com/azure"
_EXPRESSROUTE = f"{_LEARN}/expressroute"
_VPN = f"{_LEARN}/vpn-gateway"

ADD_EXPRESSROUTE_GATEWAY = f"{_EXPRESSROUTE}/expressroute-howto-add-gateway-portal-resource-manager"
BFD = f"{_EXPRESSROUTE}/expressroute-bfd"
CIRCUIT_PEERINGS = f"{_EXPRESSROUTE}/expressroute-circuit-peerings"
CIRCUIT_WORKFLOW = f"{_EXPRESSROUTE}/expressroute-workflows"
COEXISTENCE = f"{_EXPRESSROUTE}/expressroute-howto-coexist-resource-manager"
EXPRESSROUTE_FAQ = f"{_EXPRESSROUTE}/expressroute-faqs"
EXPRESSROUTE_GATEWAYS = f"{_EXPRESSROUTE}/expressroute-about-virtual-network-gateways"
EXPRESSROUTE_PEERING = f"{_EXPRESSROUTE}/expressroute-howto-routing-portal-resource-manager"
EXPRESSROUTE_RESILIENCY = f"{_EXPRESSROUTE}/design-architecture-for-resiliency"
EXPRESSROUTE_ROUTING = f"{_EXPRESSROUTE}/expressroute-routing"
FASTPATH = f"{_EXPRESSROUTE}/about-fastpath"
GLOBAL_REACH = f"{_EXPRESSROUTE}/expressroute-howto-set-global-reach"
LIMITS = f"{_LEARN}/azure-resource-manager/management/azure-subscription-service-limits"
LINK_CIRCUIT = f"{_EXPRESSROUTE}/expressroute-howto-linkvnet-arm"
OPTIMIZE_ROUTING = f"{_EXPRESSROUTE}/expressroute-optimize-routing"
VPN_AS_BACKUP = f"{_EXPRESSROUTE}/use-s2s-vpn-as-backup-for-expressroute-privatepeering"

BGP_HOWTO = f"{_VPN}/bgp-howto"
CRYPTOGRAPHY = f"{_VPN}/vpn-gateway-about-compliance-crypto"
HIGHLY_AVAILABLE_VPN = f"{_VPN}/vpn-gateway-highlyavailable"
IPSEC_POLICY = f"{_VPN}/ipsec-ike-policy-howto"
VPN_DEVICES = f"{_VPN}/vpn-gateway-about-vpn-devices"
VPN_FAQ = f"{_VPN}/vpn-gateway-vpn-faq"
VPN_SETTINGS = f"{_VPN}/vpn-gateway-about-vpn-gateway-settings"
ZONE_REDUNDANT_GATEWAYS = f"{_VPN}/about-zone-redundant-vnet-gateways"

MANAGE_PEERING = f"{_LEARN}/virtual-network/virtual-network-manage-peering"
ROUTE_SERVER = f"{_LEARN}/route-server/expressroute-vpn-support"
USER_DEFINED_ROUTES = f"{_LEARN}/virtual-network/virtual-networks-udr-overview"

CISCO_BGP = "https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/iproute_bgp/command/irg-cr-book.html"
CISCO_OSPF = "https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/iproute_ospf/command/iro-cr-book.html"
CISCO_ROUTE_MAPS = (
    "https://www.cisco.com/c/en/us/support/docs/ip/border-gateway-protocol-bgp/49111-route-map-bestp.html"
)
CISCO_VRF = "https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/mpls/command/mp-cr-book.html"
PULUMI_CIRCUIT_PEERING = (
    "https://www.pulumi.com/registry/packages/azure-native/api-docs/network/expressroutecircuitpeering/"
)
SCALABLE_GATEWAY = f"{_EXPRESSROUTE}/scalable-gateway"
