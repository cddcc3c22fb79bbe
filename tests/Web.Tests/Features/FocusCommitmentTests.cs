using System.Globalization;
using System.Text;
using CsCheck;
using FinOps.Analytics.Commitments;
using FinOps.Analytics.Focus;
using FinOps.Domain.Commitments;
using FinOps.Domain.Tenancy;
using FinOps.Testing;
using FinOps.Web.Features.Exports;

namespace FinOps.Web.Tests.Features;

/// <summary>What commitments add to a FOCUS file, against the column rules and the sums of their page.</summary>
public sealed class FocusCommitmentTests
{
    private static readonly DateTimeOffset October = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset November = October.AddMonths(1);
    private static readonly FocusAccount Account = new("acme-id", "Acme", new Dictionary<ProjectId, string>());

    [Theory]
    [InlineData(FocusVersion.V1_2, "1.2")]
    [InlineData(FocusVersion.V1_4, "1.4")]
    public async Task File_OfCommitments_TellsUsedAndUnusedAndSumsToWhatIsPaid(FocusVersion version, string name)
    {
        // 100 USD are promised and 42 used; of 48 hours one has calls.
        var spend = Use(new Commitment { Name = "OpenAI 2026", Kind = CommitmentKind.Spend, Seller = "openai", Amount = 90, Currency = "EUR", Rate = 0.9m, ValidFrom = October, ValidTo = November }, new CoveredUsage(October.AddDays(2), 42, 3));
        var hours = Use(new Commitment { Name = "PTU", Kind = CommitmentKind.Provisioned, Seller = "azure", Amount = 2.5m, ValidFrom = October, ValidTo = October.AddDays(2) }, new CoveredUsage(October.AddHours(3), 0, 3));
        var marks = new FocusCommitmentMarks([spend, hours]);
        FocusRow[] usage = [.. marks.Mark(Row(2, 40), "openai", "gpt-5"), .. marks.Mark(Row(2, 3), "openai", "gpt-5"), .. marks.Mark(Row(2, -1) with { ChargeCategory = "Credit", UnitPrice = null, ListUnitPrice = null, ListCost = 0, PricingQuantity = null, PricingUnit = null, ConsumedQuantity = null, ConsumedUnit = null, PricingCategory = null, SkuId = null, SkuMeter = null, SkuPriceId = null }, "openai", "gpt-5"), .. marks.Mark(Row(2, 9), "azure.ai.openai", "gpt-5"), .. marks.Mark(Row(2, 0), "openai", "gpt-5")];
        FocusRow[] beside = [.. ((CommitmentInUse[])[spend, hours]).SelectMany(use => FocusCommitments.RowsOf(use, October, November, Account))];

        var csv = await WriteAsync([.. usage, .. beside], version);

        Assert.Empty(FocusRules.Violations(csv, name));
        var rows = FocusRules.Parse(csv).Rows;
        Assert.Equal(5, usage.Length);
        Assert.Equal(
            ["Used 36 EUR Committed", "Used 2.7 EUR Committed", "   ", "   Standard", "   Standard", "Unused 52.2 EUR Committed", "Used 1 Hours Committed", "Unused 23 Hours Committed", "Unused 24 Hours Committed"],
            rows.Select(row => $"{row["CommitmentDiscountStatus"]} {row["CommitmentDiscountQuantity"]} {row["CommitmentDiscountUnit"]} {row["PricingCategory"]}"));
        Assert.Equal([spend.Row.Id.ToString(), spend.Row.Id.ToString(), spend.Row.Id.ToString(), "", ""], rows.Take(5).Select(row => row["CommitmentDiscountId"]));
        Assert.Equal(("Spend", "Committed Spend", "OpenAI", "2026-10-31T00:00:00Z", "58", ""), (rows[5]["CommitmentDiscountCategory"], rows[5]["CommitmentDiscountType"], rows[5]["InvoiceIssuerName"], rows[5]["ChargePeriodStart"], rows[5]["EffectiveCost"], rows[5]["ConsumedQuantity"]));
        Assert.Equal(("Usage", "1", "Hours", "2.5"), (rows[6]["CommitmentDiscountCategory"], rows[6]["ConsumedQuantity"], rows[6]["PricingUnit"], rows[6]["ContractedUnitPrice"]));
        // What the page says is paid beside the calls, and what it says they drew.
        Assert.Equal(spend.Periods[0].BesideCalls + hours.Periods[0].BesideCalls, beside.Sum(row => row.Cost));
        Assert.Equal(spend.Periods[0].Used, usage.Where(row => row.Commitment is not null).Sum(row => row.Cost));
        Assert.All(rows, row => Assert.Equal("0", row["BilledCost"]));
        // A day outside of the file is in none of its rows.
        Assert.Empty(FocusCommitments.RowsOf(spend, October, October.AddDays(30), Account));
    }

    [Fact]
    public void Mark_TheDayOnWhichACommitmentRunsOut_CutsItsRowsIntoPartsThatSum() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var rows = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Row(0, random.Next(1, 100_000) / 1_000m)).ToArray();
            var eligible = rows.Sum(row => row.Cost);
            var promised = decimal.Round(eligible * random.Next(1, 1_000) / 1_000m, 12) + 0.000000000001m;
            var use = Use(new Commitment { Name = "c", Kind = CommitmentKind.Spend, Seller = "openai", Amount = promised, ValidFrom = October, ValidTo = November }, new CoveredUsage(October, eligible, 1));
            var marks = new FocusCommitmentMarks([use]);
            var parts = rows.Select(row => marks.Mark(row, "openai", "m").ToArray()).ToArray();

            return parts.Zip(rows).All(pair => pair.First.Sum(part => part.Cost) == pair.Second.Cost && pair.First.Sum(part => part.ListCost) == pair.Second.ListCost
                    && Math.Abs(pair.First.Sum(part => part.PricingQuantity)!.Value - pair.Second.PricingQuantity!.Value) < 0.00000000000000000001m && pair.First.All(part => part.Cost > 0))
                && parts.SelectMany(part => part).Where(part => part.Commitment is not null).Sum(part => part.Cost) == use.Periods[0].Used
                && parts.SelectMany(part => part).Sum(part => part.Commitment?.Quantity ?? 0) == use.Periods[0].Used;
        }, iter: 500);

    /// <summary>The proof that the checker can fail for these rows, too.</summary>
    [Theory]
    [InlineData(",Unused,", ",Used,", "ConsumedQuantity of usage is null")]
    [InlineData(",100,Unused,", ",0,Unused,", "not positive")]
    [InlineData(",Committed,", ",Standard,", "not Committed")]
    [InlineData(",Spend,", ",Money,", "CommitmentDiscountCategory")]
    [InlineData(",Committed Spend,USD,", ",Committed Spend,,", "CommitmentDiscountUnit")]
    [InlineData(",c,100,", ",,100,", "CommitmentDiscountName")]
    public async Task Checker_OfABrokenRow_NamesTheRule(string right, string wrong, string expected)
    {
        var use = Use(new Commitment { Name = "c", Kind = CommitmentKind.Spend, Seller = "openai", Amount = 100, ValidFrom = October, ValidTo = November });
        var csv = await WriteAsync([.. FocusCommitments.RowsOf(use, October, November, Account)], FocusVersion.V1_4);
        Assert.Empty(FocusRules.Violations(csv, "1.4"));
        Assert.Contains(right, csv, StringComparison.Ordinal);

        Assert.Contains(FocusRules.Violations(csv.Replace(right, wrong, StringComparison.Ordinal), "1.4"), problem => problem.Contains(expected, StringComparison.Ordinal));
    }

    private static FocusRow Row(int day, decimal cost) => new()
    {
        From = October.AddDays(day),
        To = October.AddDays(day + 1),
        AccountId = Account.Id,
        AccountName = Account.Name,
        Seller = FocusSeller.Of("openai"),
        ChargeCategory = "Usage",
        Description = "Input Tokens of gpt-5",
        Basis = FocusCostBasis.Estimated,
        Cost = cost,
        ListCost = cost * 2,
        UnitPrice = 1,
        ListUnitPrice = 2,
        PricingQuantity = cost,
        PricingUnit = "1000000 Tokens",
        PricingCategory = "Standard",
        ConsumedQuantity = cost * 1_000_000,
        ConsumedUnit = "Tokens",
        SkuId = "openai/gpt-5/input-tokens",
        SkuMeter = "Input Tokens",
        SkuPriceId = "openai/gpt-5/input-tokens/7",
        Calls = 1,
    };

    private static CommitmentInUse Use(Commitment commitment, params CoveredUsage[] usage)
    {
        var normal = commitment.Normal();
        Assert.Null(normal.FindProblem());
        var row = new RecordedCommitment
        {
            TenantId = Guid.NewGuid(),
            Id = Guid.NewGuid(),
            Change = 1,
            RecordedAt = October,
            Name = normal.Name,
            Kind = normal.Kind,
            Seller = normal.Seller,
            HostPlatform = "",
            Models = "",
            Period = normal.Period,
            Amount = normal.Amount,
            Currency = normal.Currency,
            Rate = normal.Rate,
            RateDay = new DateOnly(2026, 10, 1),
            ValidFrom = normal.ValidFrom,
            ValidTo = normal.ValidTo,
            Author = "a",
            Reason = "r",
        };
        return new CommitmentInUse(row, UseCommitment.Of(normal, October, November, usage, November.AddDays(1)));
    }

    private static async Task<string> WriteAsync(FocusRow[] rows, FocusVersion version)
    {
        using var stream = new MemoryStream();
        await FocusExport.WriteAsync(stream, rows.ToAsyncEnumerable(), FocusColumns.Of(version), CancellationToken.None);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
