using System.Net;
using System.Net.Sockets;

namespace FinOps.Domain.Outbound;

/// <summary>Addresses that are not of the public internet (RFC 6890 and its registries): what somebody names an address for must not lead to them.</summary>
public static class InternalAddresses
{
    private static readonly IPNetwork[] Networks = [.. ((string[])
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        // What is not 2000::/3 is loopback, link-local, unique local, multicast or unassigned; of that block, documentation and the ways that carry IPv4 inside.
        "::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    ]).Select(IPNetwork.Parse)];

    public static bool Contains(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6) || Array.Exists(Networks, network => network.Contains(address));
    }
}
