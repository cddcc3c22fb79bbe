using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace FinOps.Web.Roles;

/// <summary>Proxies whose word about the visitor's address and scheme is believed: <c>FINOPS_PROXIES</c>. Nobody else's is.</summary>
internal static class TrustedProxies
{
    /// <summary>Addresses and networks, parted by commas.</summary>
    public static IReadOnlyList<IPNetwork> Read(string? text, List<string> problems)
    {
        List<IPNetwork> networks = [];
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(part, out var network)) networks.Add(network);
            else if (IPAddress.TryParse(part, out var address)) networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else problems.Add($"FINOPS_PROXIES holds \"{part}\": it must be addresses or networks, for example 10.0.0.5 or 10.0.0.0/24, parted by commas.");
        }

        return networks;
    }

    public static IApplicationBuilder UseTrustedProxies(this IApplicationBuilder app, StartOptions start)
    {
        if (start.Proxies.Count == 0) return app;
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in start.Proxies) options.KnownIPNetworks.Add(network);
        return app.UseForwardedHeaders(options);
    }
}
