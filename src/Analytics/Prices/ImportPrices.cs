using System.Text.Json;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Domain.Pricing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FinOps.Analytics.Prices;

/// <summary>What an import did.</summary>
public sealed record PriceImport(bool Changed, int RowsAdded, int RowsSuperseded);

/// <summary>
/// Brings a public price list into the book: in one transaction, once for each content. Rows that the new list has no longer are superseded,
/// never deleted; rows that both have stay as they are, so that their history begins with the version that brought them.
/// </summary>
public sealed class ImportPrices(FinOpsDatabase database, TimeProvider clock, ILogger<ImportPrices> logger)
{
    private const string Author = "import";

    /// <summary>Imports the list that is shipped with this build.</summary>
    public Task<PriceImport> RunAsync(CancellationToken cancellationToken) => RunAsync(PublicCatalogue.Shipped, cancellationToken);

    public Task<PriceImport> RunAsync(PublicCatalogue file, CancellationToken cancellationToken) =>
        database.RunAsync(StoreScope.PriceImport, context => RunAsync(context, file, cancellationToken), cancellationToken);

    private async Task<PriceImport> RunAsync(FinOpsDbContext context, PublicCatalogue file, CancellationToken cancellationToken)
    {
        context.ChangeTracker.AutoDetectChangesEnabled = false;
        var now = await PriceBookLock.TakeAsync(context, clock, cancellationToken);

        var catalogue = file.Catalogue;
        var last = await context.Set<ImportedCatalogue>().Where(c => c.Source == catalogue.Source).OrderByDescending(c => c.Id).FirstOrDefaultAsync(cancellationToken);
        if (last is not null && last.Sha256.AsSpan().SequenceEqual(file.Sha256)) return new PriceImport(false, 0, 0);

        var import = new ImportedCatalogue
        {
            Source = catalogue.Source,
            Version = catalogue.Version,
            ImportedAt = now,
            Sha256 = file.Sha256,
            Providers = PriceProviderJson.Write(catalogue.Providers, catalogue.Rows),
        };
        context.Add(import);
        await context.SaveChangesAsync(cancellationToken);

        var change = await ReplaceRowsAsync(context, catalogue, last, import.Id, now, cancellationToken);
        context.Add(new PriceChange
        {
            ChangedAt = now,
            CatalogueId = import.Id,
            Author = Author,
            Reason = $"{catalogue.Source} {catalogue.Version}",
            RowsAdded = change.RowsAdded,
            RowsSuperseded = change.RowsSuperseded,
        });
        await context.SaveChangesAsync(cancellationToken);
        Log.PricesImported(logger, catalogue.Source, catalogue.Version, change.RowsAdded, change.RowsSuperseded);
        return change;
    }

    private static async Task<PriceImport> ReplaceRowsAsync(
        FinOpsDbContext context, PriceCatalogue catalogue, ImportedCatalogue? last, long catalogueId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var arriving = catalogue.Rows.ToDictionary(r => r.ComputeId());
        var source = context.Set<ImportedCatalogue>().Where(c => c.Source == catalogue.Source).Select(c => (long?)c.Id);
        var believed = await context.Set<RecordedPrice>()
            .Where(r => r.SupersededAt == null && r.TenantId == null && source.Contains(r.CatalogueId))
            .ToListAsync(cancellationToken);

        // An older release kept no order with its import; before the rows tell the new one, theirs is the one that it had.
        if (last is not null && PriceProviderJson.Order(last.Providers).Count == 0)
            last.Providers = PriceProviderJson.Write(PriceProviderJson.Read(last.Providers), [.. believed.Select(row => row.ToRow())]);

        var superseded = 0;
        foreach (var row in believed)
        {
            if (!arriving.Remove(row.Id, out var same))
            {
                row.SupersededAt = now;
                superseded++;
            }
            else if ((row.Ordinal, row.ModelName, row.Deprecated) != (same.Ordinal, same.ModelName, same.Deprecated))
            {
                // Names describe the entry, and each import keeps its own order: not worth a version of the row.
                (row.Ordinal, row.ModelName, row.Deprecated) = (same.Ordinal, same.ModelName, same.Deprecated);
            }
        }

        context.ChangeTracker.DetectChanges();
        await context.SaveChangesAsync(cancellationToken);
        await CopyAsync(context, [.. arriving.Values.Select(r => RecordedPrice.From(r, now, catalogueId))], cancellationToken);
        return new PriceImport(true, arriving.Count, superseded);
    }

    /// <summary>
    /// Some thousand rows by COPY, inside the context's transaction: row by row they take seconds of the first start. Into a table of the transaction's
    /// own first, because PostgreSQL refuses COPY into a table with row-level security.
    /// </summary>
    private static async Task CopyAsync(FinOpsDbContext context, RecordedPrice[] rows, CancellationToken cancellationToken)
    {
        if (rows.Length == 0) return;
        var table = context.Model.FindEntityType(typeof(RecordedPrice))!;
        (IProperty Property, string Column, string Type)[] columns = [.. table.GetProperties()
            .Select(p => (p, p.GetColumnName(), p.GetColumnType()))];
        var connection = (NpgsqlConnection)context.Database.GetDbConnection();
        var (name, list) = (table.GetSchemaQualifiedTableName(), string.Join(", ", columns.Select(c => c.Column)));
        await ExecuteAsync(connection, $"CREATE TEMPORARY TABLE arriving_prices (LIKE {name}) ON COMMIT DROP", cancellationToken);
        await WriteAsync(connection, $"COPY arriving_prices ({list}) FROM STDIN (FORMAT BINARY)", rows, columns, cancellationToken);
        await ExecuteAsync(connection, $"INSERT INTO {name} ({list}) SELECT {list} FROM arriving_prices", cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection, string statement, RecordedPrice[] rows, (IProperty Property, string Column, string Type)[] columns, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(statement, cancellationToken);
        foreach (var row in rows)
        {
            await copy.StartRowAsync(cancellationToken);
            foreach (var (property, _, type) in columns)
            {
                var value = property.PropertyInfo!.GetValue(row);
                if (property.GetTypeMapping().Converter is { } converter) value = converter.ConvertToProvider(value);
                if (value is null) await copy.WriteNullAsync(cancellationToken);
                else await copy.WriteAsync(value, type, cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }
}

/// <summary>The sellers of a catalogue, each with its entries in their order, as the JSON column keeps them.</summary>
internal static class PriceProviderJson
{
    /// <param name="Entries">Null in what an older release wrote.</param>
    private sealed record Stored(string Id, string Name, string? ProviderMatch, string? ModelMatch, IReadOnlyList<string> Fallback, IReadOnlyList<string>? Entries = null);

    public static string Write(IReadOnlyList<PriceProvider> providers, IReadOnlyList<PriceRow> rows)
    {
        var entries = rows.OrderBy(row => row.Ordinal).ToLookup(row => row.Provider, row => row.Model, StringComparer.Ordinal);
        return JsonSerializer.Serialize(
            providers.Select(p => new Stored(p.Id, p.Name, p.ProviderMatch?.ToString(), p.ModelMatch?.ToString(), p.Fallback, [.. entries[p.Id].Distinct()])), JsonSerializerOptions.Default);
    }

    /// <summary>The place of each entry among its seller's: where two match a name, the first one is its price. Empty in what an older release wrote.</summary>
    public static IReadOnlyDictionary<(string Provider, string Model), int> Order(string json) =>
        Parse(json).SelectMany(p => (p.Entries ?? []).Select((entry, i) => (Key: (p.Id, entry), Place: i))).ToDictionary(entry => entry.Key, entry => entry.Place);

    public static IReadOnlyList<PriceProvider> Read(string json) =>
        [.. Parse(json).Select(p => new PriceProvider(p.Id, p.Name, Clause(p.ProviderMatch), Clause(p.ModelMatch), p.Fallback))];

    private static List<Stored> Parse(string json) => JsonSerializer.Deserialize<List<Stored>>(json, JsonSerializerOptions.Default) ?? [];

    private static ModelMatch? Clause(string? json) => json is null ? null : ModelMatch.Parse(json);
}
