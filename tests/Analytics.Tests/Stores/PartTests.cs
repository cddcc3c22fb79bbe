using System.Globalization;
using ClickHouse.Driver.ADO;
using FinOps.Analytics.Stores.ClickHouse.Native;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Stores;

public sealed class PartTests(ClickHouseFixture clickHouse)
{
    [Fact]
    public async Task Insert_AFullBlockOfCalls_IsOneFileOfAllColumns()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var report = new CallReport { Tenant = new TenantId(Guid.NewGuid()), StartUnixMicros = 1_767_225_600_000_000 };
        var block = new CallBlock();
        for (ulong span = 1; span <= 60_000; span++)
        {
            (report.TraceId, report.SpanId, report.ResponseId) = (new TraceId(span, span), new SpanId(span), span.ToString("D40", CultureInfo.InvariantCulture));
            report.Tags.Set(Tag.Session, report.ResponseId, TagLevel.Span);
            report.Tags.Set(Tag.User, report.ResponseId, TagLevel.Span);
            block.Append(report);
        }

        var result = await store.InsertAsync(block, TestContext.Current.CancellationToken);

        Assert.True(result.IsStored, result.Message);
        using var connection = store.CreateConnection();
        using var command = connection.CreateCommand(
            $"SELECT any(part_type), uniqExact(part_type), max(data_uncompressed_bytes) FROM system.parts WHERE database = '{store.Database}' AND table = 'calls'");
        using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await reader.ReadAsync(TestContext.Current.CancellationToken));
        // Larger than what ClickHouse's own default would have split into two hundred files.
        Assert.InRange(Convert.ToInt64(reader.GetValue(2), CultureInfo.InvariantCulture), 10 << 20, 128 << 20);
        Assert.Equal(("Compact", 1), (reader.GetString(0), Convert.ToInt32(reader.GetValue(1), CultureInfo.InvariantCulture)));
    }
}
