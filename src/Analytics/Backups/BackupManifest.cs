using System.Text.Json;
using System.Text.Json.Serialization;

namespace FinOps.Analytics.Backups;

/// <summary>What a backup holds, and what it was made of. The last file in it, so that one that broke off has none.</summary>
public sealed record BackupManifest
{
    /// <summary>The layout of the file. Another number is another layout, which this build does not know.</summary>
    public const int CurrentFormat = 1;

    internal const string FileName = "manifest.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public required int Format { get; init; }

    /// <summary>The release that made it.</summary>
    public required string Version { get; init; }

    /// <summary>When both stores were read: what was acknowledged before it is in the backup.</summary>
    public required DateTimeOffset TakenAt { get; init; }

    public required PostgresContent Postgres { get; init; }

    public required ClickHouseContent ClickHouse { get; init; }

    /// <summary>What waited on disk for ClickHouse, and what the data folder keeps beside the stores; by their paths in that folder.</summary>
    public required IReadOnlyList<BackupFile> Files { get; init; }

    [JsonIgnore]
    internal IEnumerable<BackupFile> AllFiles =>
        [.. Postgres.Tables.Select(table => table.File), .. ClickHouse.Tables.SelectMany(table => table.Parts).Select(part => part.File), .. Files];

    internal byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    internal static async Task<BackupManifest> ReadAsync(Stream stream, CancellationToken cancellationToken) =>
        await JsonSerializer.DeserializeAsync<BackupManifest>(stream, Json, cancellationToken) ?? throw new JsonException("It is empty.");
}

/// <param name="Path">Within the backup.</param>
/// <param name="Sha256">Of its content, before it was packed.</param>
public sealed record BackupFile(string Path, long Bytes, string Sha256);

/// <param name="Server">The server's version, for people.</param>
/// <param name="Migration">The newest one that was applied.</param>
public sealed record PostgresContent(string Server, string Migration, IReadOnlyList<PostgresTable> Tables, IReadOnlyList<PostgresSequence> Sequences);

public sealed record PostgresTable(string Name, IReadOnlyList<string> Columns, long Rows, BackupFile File);

public sealed record PostgresSequence(string Name, long LastValue);

/// <param name="Server">The server's version, for people.</param>
/// <param name="Migration">The number of the newest one that was applied.</param>
public sealed record ClickHouseContent(string Server, int Migration, IReadOnlyList<ClickHouseTable> Tables);

public sealed record ClickHouseTable(string Name, IReadOnlyList<string> Columns, long Rows, IReadOnlyList<ClickHousePart> Parts);

/// <param name="Partition">The id that ClickHouse gives the partition.</param>
public sealed record ClickHousePart(string Partition, long Rows, BackupFile File);
