using System.Xml.Linq;

namespace FinOps.Embedded;

/// <summary>What an operator decides about the embedded engines.</summary>
/// <param name="DataFolder">Everything the installation keeps; made when it is not there.</param>
/// <param name="EnginesFolder">The folder with <c>package.json</c> and <c>node_modules</c>; see <see cref="FinOps.Embedded.EnginesFolder.Find"/>.</param>
public sealed record EmbeddedEnginesOptions(string DataFolder, string EnginesFolder)
{
    /// <summary>Whether to start PostgreSQL. Default: yes; no where an external one is used.</summary>
    public bool Postgres { get; init; } = true;

    /// <summary>Whether to start ClickHouse. Default: yes; no where an external one is used.</summary>
    public bool ClickHouse { get; init; } = true;

    /// <summary>
    /// Further users of ClickHouse as elements of its users file, with their rights and row filters, given the application's password. The embedded engine
    /// takes users from that file alone, none by SQL. Default: none.
    /// </summary>
    public Func<string, IEnumerable<XElement>> ClickHouseUsers { get; init; } = _ => [];

    /// <summary>Most memory ClickHouse may use, in bytes. Default: 40 % of what the machine or container has, at most 6 GiB.</summary>
    public long ClickHouseMaxMemoryBytes { get; init; } = DefaultClickHouseMaxMemoryBytes();

    /// <summary>Longest wait, in seconds, for an engine of the previous run that is still shutting down. Default: 30.</summary>
    public int PreviousRunTimeoutSeconds { get; init; } = 30;

    /// <summary>Longest wait, in seconds, until a started engine answers. Default: 90, for recovery after a crash.</summary>
    public int ReadyTimeoutSeconds { get; init; } = 90;

    /// <summary>Longest wait, in seconds, for an engine to stop when asked. Default: 30; after that it is ended hard.</summary>
    public int StopTimeoutSeconds { get; init; } = 30;

    /// <summary>Longest pause, in seconds, between two restarts of an engine that keeps dying. Default: 30; the first pause is half a second.</summary>
    public int MaxRestartDelaySeconds { get; init; } = 30;

    private static long DefaultClickHouseMaxMemoryBytes()
    {
        const long Cap = 6L << 30;
        return Math.Min(Cap, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * 2 / 5);
    }
}
