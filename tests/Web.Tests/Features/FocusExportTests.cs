using System.Globalization;
using System.Text;
using FinOps.Analytics.Bills;
using FinOps.Analytics.Focus;
using FinOps.Analytics.Gpus;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Vectors;
using FinOps.Domain.Allocation;
using FinOps.Domain.Bills;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using FinOps.Testing;
using FinOps.Web.Features.Exports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FinOps.Web.Tests.Features;

public sealed class FocusExportTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 30, 0, 0, 0, TimeSpan.Zero);
    private static readonly ProjectId Project = new(Guid.NewGuid());
    private static readonly FocusAccount Account = new("acme-id", "Acme, \"the\" company", new Dictionary<ProjectId, string> { [Project] = "shop" });

    private static UsageLine Line(Meter? meter, decimal quantity, decimal price, PriceLabel? label = PriceLabel.Exact) => new()
    {
        From = Day,
        To = Day.AddDays(1),
        Project = Project,
        Provider = "openai",
        Region = "",
        Model = "gpt-5",
        Tier = "",
        Batch = false,
        Variant = "",
        Tags = Tagged(),
        Meter = meter,
        Label = label,
        IsEstimated = false,
        PriceId = 77,
        Source = "list 1",
        Unit = "token",
        UnitSize = 1_000_000m,
        UnitPrice = price,
        Multiplier = 1m,
        ListUnitPrice = price,
        Quantity = quantity,
        Cost = quantity * price / 1_000_000m,
        ListCost = quantity * price / 1_000_000m,
        Calls = 3,
    };

    private static readonly UsageLine[] Lines =
    [
        Line(Meter.Input, 1_000_000m, 1.25m),
        Line(Meter.CacheRead, 400m, 0.125m) with { Tier = "flex", Label = PriceLabel.Multiplied, Multiplier = 0.5m, Cost = 0.000025m, ListUnitPrice = 0.0625m, ListCost = 0.000025m },
        Line(Meter.Output, 77m, 10m) with { Source = "contract", UnitPrice = 8m, Cost = 0.000616m },
        Line(Meter.Discount, 1.25m, 0.1m) with { Unit = "USD", UnitSize = 1m, Multiplier = -1m, Cost = -0.125m, ListCost = 0m, ListUnitPrice = 0m },
        Line(Meter.GpuTime, 1_800_000m, 4m) with { Unit = "millisecond", UnitSize = 3_600_000m, Cost = 2m, ListCost = null, ListUnitPrice = null },
        Line(Meter.Input, 12m, 0m, PriceLabel.Unpriced) with { UnitSize = 1m, PriceId = 0, Source = "", ListCost = null, ListUnitPrice = null, Model = "=cmd()" },
        Line(Meter.Output, 500m, 10m, PriceLabel.Capacity) with { Multiplier = 0m, Cost = 0m, ListCost = 0m, ListUnitPrice = 0m },
        Line(Meter.Output, 500m, 10m, PriceLabel.Avoided) with { Multiplier = 0m, Cost = 0m, ListCost = 0m, ListUnitPrice = 0m },
        Line(null, 1m, 0m, null) with { Unit = "call", UnitSize = 1m, PriceId = 0, Source = "", Cost = 0.5m, ListCost = null, ListUnitPrice = null },
    ];

    [Theory]
    [InlineData(FocusVersion.V1_2, "1.2")]
    [InlineData(FocusVersion.V1_3, "1.3")]
    [InlineData(FocusVersion.V1_4, "1.4")]
    public async Task File_OfEveryKindOfLine_KeepsTheColumnRules(FocusVersion version, string name)
    {
        var csv = await WriteAsync(Lines, version);

        Assert.Empty(FocusRules.Violations(csv, name));
        var (_, rows) = FocusRules.Parse(csv);
        // What one's own cache answered, nobody charges for.
        Assert.Equal(Lines.Length - 1, rows.Count);
        Assert.Equal(Lines.Sum(line => line.Cost), rows.Sum(row => decimal.Parse(row["EffectiveCost"], CultureInfo.InvariantCulture)));
        Assert.Equal(("1000000", "Tokens", "1", "1000000 Tokens", "1.25"), (rows[0]["ConsumedQuantity"], rows[0]["ConsumedUnit"], rows[0]["PricingQuantity"], rows[0]["PricingUnit"], rows[0]["ListUnitPrice"]));
        Assert.Equal(("""{"feature":"rag","customer":"é, \"x\""}""", "Acme, \"the\" company", "shop"), (rows[0]["Tags"], rows[0]["BillingAccountName"], rows[0]["SubAccountName"]));
        Assert.Equal(("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"), (rows[0]["BillingPeriodStart"], rows[0]["BillingPeriodEnd"], rows[0]["ChargePeriodStart"], rows[0]["ChargePeriodEnd"]));
        Assert.Equal(("Dynamic", "0.0625"), (rows[1]["PricingCategory"], rows[1]["ContractedUnitPrice"]));
        Assert.Equal(("0.00077", "0.000616"), (rows[2]["ListCost"], rows[2]["ContractedCost"]));
        Assert.Equal(("Credit", "-0.125", "", "Discount of 10 % on gpt-5"), (rows[3]["ChargeCategory"], rows[3]["EffectiveCost"], rows[3]["SkuId"], rows[3]["ChargeDescription"]));
        Assert.Equal(("0.5", "Hours", "Hours", "4", "2"), (rows[4]["ConsumedQuantity"], rows[4]["ConsumedUnit"], rows[4]["PricingUnit"], rows[4]["ContractedUnitPrice"], rows[4]["ListCost"]));
        Assert.Equal(("unpriced", "0", "", "'=cmd()"), (rows[5]["x_CostBasis"], rows[5]["EffectiveCost"], rows[5]["ContractedUnitPrice"], rows[5]["x_Model"]));
        Assert.Equal(("Committed", "0"), (rows[6]["PricingCategory"], rows[6]["EffectiveCost"]));
        Assert.Equal(("unexplained", "0.5", ""), (rows[7]["x_PriceLabel"], rows[7]["EffectiveCost"], rows[7]["ContractedUnitPrice"]));
    }

    private static readonly DateOnly Date = new(2026, 11, 30);

    private static readonly FocusQuestion Question = new(ReadScope.Whole(new TenantId(Guid.NewGuid())), new TimeRange(Day, Day.AddDays(1)));

    private static readonly BookLine Closed = new(false, Date, Date, "openai", "gpt-5", "Input", "rag", "", "", 1_000m, 0.00125m);

    private static readonly Guid Bill = Guid.NewGuid();

    private static Adjustment Accepted(DateOnly bookedOn, string model, Meter? meter, ResidualCause? cause, string words) => new()
    {
        TenantId = Guid.NewGuid(),
        Id = Guid.NewGuid(),
        BillId = Bill,
        Date = Date,
        BookedOn = bookedOn,
        Provider = "openai",
        Model = model,
        Meter = meter,
        Cause = cause,
        Words = words,
        Amount = -0.25m,
        Reason = "our contract",
        AcceptedAt = Day,
        AcceptedBy = "ada",
    };

    private static readonly BillLine Invoiced = new() { Number = 2, From = Day, To = Day.AddMonths(1), Provider = "aws", Sku = "gpt-5, input", Quantity = 1_000m, Unit = "token", Cost = 2.25m };

    private static readonly GpuCharge Gpu = new(Day, "gpu-a", "GPU-1", "", "NVIDIA H100", "", "", PurchaseKind.Owned, 3m, CostLineKind.Used, "llama", "rag", "", "", 1m, 0m);

    private static readonly DataStoreCharge Node = new(Day, DataStoreKind.VectorDatabase, "qdrant", "q-0", "", "", DataStoreMeter.NodeHours, 0.5m, false, null, DataOwner.None, 12m, 24m, false);

    private static readonly DataStoreCharge Bucket = new(Day, DataStoreKind.Bucket, "aws.s3", "", "docs", "glacier", DataStoreMeter.StorageReads, 0.4m, false, null, DataOwner.None, 1.2m, 3_000m, false);

    /// <summary>A node by its hours; a bucket by operations, by GB-months without a price, and by egress that is free.</summary>
    private static readonly FocusRow[] DataStores =
    [
        .. FocusDataStores.RowsOf([Node, Node with { Name = "help", Meter = null, Kind = CostLineKind.Used, Owner = new DataOwner("rag", "", ""), Cost = 12m }], TimeSpan.FromDays(1), Question, Account),
        .. FocusDataStores.RowsOf(
            [
                Bucket, Bucket with { Meter = DataStoreMeter.StorageGigabyteMonths, Price = 0m, IsUnpriced = true, Cost = 0m, Quantity = 0.5m },
                Bucket with { Meter = DataStoreMeter.EgressGigabytes, Price = 0m, Cost = 0m, Quantity = 2m }, Bucket with { Meter = null, Kind = CostLineKind.Unallocated, Cost = 1.2m },
            ], TimeSpan.FromDays(1), Question, Account),
    ];

    /// <summary>What is no usage of calls: each with what sets it apart.</summary>
    private static readonly FocusRow[] Others =
    [
        FocusBooks.RowOf(Closed, Question, Account),
        FocusBooks.RowOf(Closed with { Meter = "Discount", Cost = -1m }, Question, Account),
        FocusBooks.RowOf(Closed with { Meter = "", Model = "" }, Question, Account),
        FocusBooks.RowOf(Closed with { IsCorrection = true, BookedOn = Date.AddDays(40), Cost = -0.5m, Quantity = -400m }, Question, Account),
        FocusBooks.RowOf(Accepted(Date, "gpt-5", Meter.Input, ResidualCause.PriceDiffers, ""), Account),
        FocusBooks.RowOf(Accepted(Date.AddDays(3), "", null, null, "odd, words"), Account),
        FocusBooks.RowOf(Invoiced, Bill, Account),
        FocusBooks.RowOf(Invoiced with { Quantity = null, Unit = "" }, Bill, Account),
        FocusBooks.RowOf(Invoiced with { IsUsage = false, Cost = -1m, Quantity = null }, Bill, Account),
        FocusGpus.RowOf(Gpu, TimeSpan.FromDays(1), Question, Account),
        FocusGpus.RowOf(Gpu with { Kind = CostLineKind.Idle, Model = "", Feature = "", Provider = "aws", Purchase = PurchaseKind.Spot, Cost = 0.7m }, TimeSpan.FromDays(1), Question, Account),
        FocusGpus.RowOf(Gpu with { Kind = null, Cost = 0m, PricePerHour = 0m, Hours = 0.25m, Accelerator = "", Model = "" }, TimeSpan.FromDays(1), Question, Account),
        .. DataStores,
    ];

    [Theory]
    [InlineData(FocusVersion.V1_2, "1.2")]
    [InlineData(FocusVersion.V1_3, "1.3")]
    [InlineData(FocusVersion.V1_4, "1.4")]
    public async Task File_OfEveryKindOfRow_KeepsTheColumnRulesAndCountsNothingTwice(FocusVersion version, string name)
    {
        var csv = await WriteAsync(Others.Select(row => row with { Currency = "EUR", Rate = 0.9m }), version);

        Assert.Empty(FocusRules.Violations(csv, name));
        var rows = FocusRules.Parse(csv).Rows;
        Assert.Equal(["usage", "usage", "usage", "corrections", "adjustments", "adjustments", "billed", "billed", "billed", "gpus", "gpus", "gpus", "dataStores", "dataStores", "dataStores", "dataStores"], rows.Select(row => row["x_RowKind"]));
        // What was billed is in BilledCost alone, everything else in the other three.
        Assert.Equal((2.25m + 2.25m - 1m) * 0.9m, Sum("BilledCost"));
        Assert.Equal(0.00125m - 1m + 0.00125m - 0.5m - 0.25m - 0.25m + 1m + 0.7m + 12m + 1.2m, Sum("PricingCurrencyEffectiveCost"));
        Assert.Equal(("Usage", "", "closed", "1000", "Tokens", ""), (rows[0]["ChargeCategory"], rows[0]["ChargeClass"], rows[0]["x_PriceLabel"], rows[0]["ConsumedQuantity"], rows[0]["ConsumedUnit"], rows[0]["ContractedUnitPrice"]));
        Assert.Equal(("Credit", "Requests"), (rows[1]["ChargeCategory"], rows[2]["ConsumedUnit"]));
        // About November, charged in January.
        Assert.Equal(("Correction", "2026-11-30T00:00:00Z", "2027-01-01T00:00:00Z", "-400"), (rows[3]["ChargeClass"], rows[3]["ChargePeriodStart"], rows[3]["BillingPeriodStart"], rows[3]["ConsumedQuantity"]));
        Assert.Equal(("Adjustment", "", "priceDiffers", "adjustment"), (rows[4]["ChargeCategory"], rows[4]["ChargeClass"], rows[4]["x_AdjustmentCause"], rows[4]["x_CostBasis"]));
        Assert.Equal(("Correction", "unexplained", "2026-12-01T00:00:00Z"), (rows[5]["ChargeClass"], rows[5]["x_AdjustmentCause"], rows[5]["BillingPeriodStart"]));
        Assert.Equal(("AWS", "Tokens", "0", Bill.ToString()), (rows[6]["InvoiceIssuerName"], rows[6]["PricingUnit"], rows[6]["EffectiveCost"], rows[6]["x_BillId"]));
        Assert.Equal("Credit", rows[8]["ChargeCategory"]);
        Assert.Equal(("used", "Compute", "gpu-a/GPU-1", "Acme, \"the\" company", """{"feature":"rag"}"""), (rows[9]["x_GpuTime"], rows[9]["ServiceCategory"], rows[9]["ResourceId"], rows[9]["InvoiceIssuerName"], rows[9]["Tags"]));
        Assert.Equal(("idle", "Dynamic", "AWS"), (rows[10]["x_GpuTime"], rows[10]["PricingCategory"], rows[10]["InvoiceIssuerName"]));
        Assert.Equal(("unpriced", "0.25", "Hours", ""), (rows[11]["x_CostBasis"], rows[11]["ConsumedQuantity"], rows[11]["PricingUnit"], rows[11]["ContractedUnitPrice"]));
        Assert.Equal(("used", "Databases", "q-0/help", "Collection", "Unknown", "24", "Hours"), (rows[12]["x_StoreUse"], rows[12]["ServiceCategory"], rows[12]["ResourceId"], rows[12]["ResourceType"], rows[12]["InvoiceIssuerName"], rows[12]["ConsumedQuantity"], rows[12]["ConsumedUnit"]));
        Assert.Equal(("unpriced", "0.5", "GiB-Months", ""), (rows[13]["x_CostBasis"], rows[13]["PricingQuantity"], rows[13]["PricingUnit"], rows[13]["ContractedUnitPrice"]));
        Assert.Equal(("estimated", "2", "GiB", "0"), (rows[14]["x_CostBasis"], rows[14]["ConsumedQuantity"], rows[14]["ConsumedUnit"], rows[14]["ContractedUnitPrice"]));
        Assert.Equal(("unallocated", "3000", "3", "1000 Requests", "AWS", """{"x_StorageTier":"glacier"}"""), (rows[15]["x_StoreUse"], rows[15]["ConsumedQuantity"], rows[15]["PricingQuantity"], rows[15]["PricingUnit"], rows[15]["InvoiceIssuerName"], rows[15]["SkuPriceDetails"]));

        decimal Sum(string column) => rows.Sum(row => decimal.Parse(row[column], CultureInfo.InvariantCulture));
    }

    /// <summary>The proof that the checker can fail for these rows, too.</summary>
    [Theory]
    [InlineData(3, "Correction", "", "ChargeClass is not")]
    [InlineData(4, "Adjustment", "Adjusted", "ChargeCategory")]
    [InlineData(4, ",priceDiffers,", ",,", "x_AdjustmentCause")]
    [InlineData(6, ",billed,1,", ",adjustment,1,", "disagree")]
    [InlineData(9, ",GPU,", ",,", "ResourceType")]
    [InlineData(9, ",used,", ",busy,", "x_GpuTime")]
    [InlineData(12, ",used", ",busy", "x_StoreUse")]
    public async Task Checker_OfABrokenRow_NamesTheRule(int row, string right, string wrong, string expected)
    {
        var csv = await WriteAsync(Others[row..(row + 1)], FocusVersion.V1_4);
        Assert.Contains(right, csv, StringComparison.Ordinal);
        Assert.Empty(FocusRules.Violations(csv, "1.4"));

        var broken = csv[..csv.IndexOf('\n', StringComparison.Ordinal)] + csv[csv.IndexOf('\n', StringComparison.Ordinal)..].Replace(right, wrong, StringComparison.Ordinal);
        Assert.Contains(FocusRules.Violations(broken, "1.4"), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task File_OfAPriceThatWasAgreedInAnotherCurrency_TellsIt()
    {
        var line = Line(Meter.Input, 1_000_000m, 1.5625m) with { Agreed = new AgreedPrice("EUR", 1.25m, 0.8m, new DateOnly(2026, 11, 3)), ListUnitPrice = 2m, ListCost = 2m };

        var csv = await WriteAsync([line], FocusVersion.V1_4);

        Assert.Empty(FocusRules.Violations(csv, "1.4"));
        var row = Assert.Single(FocusRules.Parse(csv).Rows);
        Assert.Equal(
            ("EUR", "1.25", "1.25", "1.6", "1.5625", "1.5625"),
            (row["PricingCurrency"], row["PricingCurrencyContractedUnitPrice"], row["PricingCurrencyEffectiveCost"], row["PricingCurrencyListUnitPrice"], row["ContractedUnitPrice"], row["EffectiveCost"]));
    }

    /// <summary>The proof that the checker can fail: each of these breaks one rule.</summary>
    [Theory]
    [InlineData("Usage,,Input", "Use,,Input", "ChargeCategory")]
    [InlineData("2026-11-30T00:00:00Z", "2026-11-30T00:00:00", "ISO 8601")]
    [InlineData("2026-12-01T00:00:00Z,2026-11-01T00:00:00Z", "2026-12-02T00:00:00Z,2026-11-01T00:00:00Z", "no month")]
    [InlineData(",USD,", ",Dollar,", "ISO 4217")]
    [InlineData("BilledCost,", "billedCost,", "columns")]
    [InlineData("1000000 Tokens", "", "not null together")]
    [InlineData("1.25,1.25,1.25,,OpenAI", "1.25,1.26,1.25,,OpenAI", "is not ContractedCost")]
    [InlineData("{\"\"feature", "[\"\"feature", "JSON")]
    [InlineData(",OpenAI,", ",,", "InvoiceIssuerName is null")]
    public async Task Checker_OfABrokenFile_NamesTheRule(string right, string wrong, string expected)
    {
        var csv = await WriteAsync(Lines[..1], FocusVersion.V1_4);
        Assert.Contains(right, csv, StringComparison.Ordinal);

        Assert.Contains(FocusRules.Violations(csv.Replace(right, wrong, StringComparison.Ordinal), "1.4"), problem => problem.Contains(expected, StringComparison.Ordinal));
        Assert.NotEmpty(FocusRules.Violations(csv, "1.2"));
    }

    [Theory]
    [InlineData("", "2026-11-01 2026-11-26 Day V1_4 Feature,Team,Customer,Environment Usage,Adjustments")]
    [InlineData("from=2026-10-01&to=2026-11-01&version=1.2&tags=feature,user", "2026-10-01 2026-11-01 Day V1_2 Feature,User Usage,Adjustments")]
    [InlineData("from=2026-11-25T13:00:00Z&granularity=hour&tags=", "2026-11-25 2026-11-25 Hour V1_4  Usage,Adjustments")]
    [InlineData("from=2026-11-25T13:00:00Z", "from")]
    [InlineData("from=2026-11-25&to=2026-11-25", "from")]
    [InlineData("from=2026-08-01", "from")]
    [InlineData("from=2026-08-01&to=2026-09-01&rows=billed,gpus", "2026-08-01 2026-09-01 Day V1_4 Feature,Team,Customer,Environment Billed,Gpus")]
    [InlineData("from=2026-07-01&to=2026-09-10&rows=usage,corrections", "2026-07-01 2026-09-10 Day V1_4 Feature,Team,Customer,Environment Usage,Corrections")]
    [InlineData("from=2026-06-30&to=2026-09-01&rows=usage,corrections", "from")]
    [InlineData("from=2026-07-01&to=2026-09-01&rows=usage,adjustments", "from")]
    [InlineData("rows=", "rows")]
    [InlineData("rows=usage,credits", "rows")]
    [InlineData("granularity=hour&rows=usage,corrections", "rows")]
    [InlineData("from=2026-10-01&to=2028-10-01", "to")]
    [InlineData("version=2.0", "version")]
    [InlineData("tags=feature,session", "tags")]
    [InlineData("form=2026-10-01", "form")]
    public void Request_AsItIsAsked_IsReadStrictly(string query, string expected)
    {
        var parameters = new QueryCollection(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query).ToDictionary(pair => pair.Key, pair => new StringValues(pair.Value.ToArray())));

        var (question, problem) = FocusExport.Read(
            parameters, ReadScope.Whole(new TenantId(Guid.NewGuid())), new FocusReach(new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero), [new DateOnly(2026, 7, 1), new DateOnly(2026, 8, 1), new DateOnly(2026, 5, 1)]), new DateTimeOffset(2026, 11, 25, 17, 20, 0, TimeSpan.Zero));

        Assert.Equal(expected, question is null
            ? problem!.Parameter
            : string.Create(CultureInfo.InvariantCulture, $"{question.Range.From:yyyy-MM-dd} {question.Range.To:yyyy-MM-dd} {question.Period} {question.Version} {string.Join(',', question.Tags)} {string.Join(',', question.Rows)}"));
    }

    [Fact]
    public async Task File_WhoseRowsFail_IsNotEnded()
    {
        using var stream = new MemoryStream();

        await Assert.ThrowsAsync<TimeoutException>(() => FocusExport.WriteAsync(stream, Failing(), FocusColumns.Of(FocusVersion.V1_4), TestContext.Current.CancellationToken));

        // The head has left at once; the failure reaches the server, which then breaks the connection.
        Assert.StartsWith("AvailabilityZone,BilledCost", Encoding.UTF8.GetString(stream.ToArray()), StringComparison.Ordinal);

        static async IAsyncEnumerable<FocusRow> Failing()
        {
            await Task.Yield();
            yield return FocusUsage.RowOf(Lines[0], Account)!;
            throw new TimeoutException();
        }
    }

    private static Task<string> WriteAsync(IEnumerable<UsageLine> lines, FocusVersion version) => WriteAsync(lines.Select(line => FocusUsage.RowOf(line, Account)).OfType<FocusRow>(), version);

    private static async Task<string> WriteAsync(IEnumerable<FocusRow> rows, FocusVersion version)
    {
        using var stream = new MemoryStream();
        await FocusExport.WriteAsync(stream, rows.ToAsyncEnumerable(), FocusColumns.Of(version), TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static TagSet Tagged()
    {
        var tags = default(TagSet);
        tags.Set(Tag.Feature, "rag", TagLevel.Span);
        tags.Set(Tag.Customer, "é, \"x\"", TagLevel.Span);
        return tags;
    }
}
