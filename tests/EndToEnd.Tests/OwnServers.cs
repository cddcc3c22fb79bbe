namespace FinOps.EndToEnd.Tests;

/// <summary>Tests whose servers are not the demo's, and that mostly wait for them.</summary>
internal static class OwnServers
{
    public const string Name = "Servers of their own";
}
