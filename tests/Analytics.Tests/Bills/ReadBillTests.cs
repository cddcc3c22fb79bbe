using System.Text;
using CsCheck;
using FinOps.Analytics.Bills;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.Bills;

public sealed class ReadBillTests
{
    private const string Good = """
        date,line item,quantity,unit,cost
        2026-11-03,"gpt-4o, input",1.5,1M tokens,$3.75
        2026-11-04,"gpt-4o, output
        (batch)",200,tokens,"1,000.25"

        Total,,,,"1,004.00"

        """;

    [Fact]
    public async Task Read_ACsvAsItWasGuessed_GivesItsLines()
    {
        var peek = await PeekAsync(Good);
        var bill = await ReadAsync(Good, peek.Mapping with { Provider = "OpenAI, LLC" });

        Assert.Empty(bill.Errors);
        Assert.Equal([(2, 1_500_000m, 3.75m), (3, 200m, 1_000.25m)], bill.Lines.Select(line => (line.Number, line.Quantity!.Value, line.Cost)));
        Assert.Equal(("openai", "gpt-4o, output\n(batch)"), (bill.Lines[1].Provider, bill.Lines[1].Sku));
        Assert.Equal((Instant("2026-11-03T00:00:00Z"), Instant("2026-11-05T00:00:00Z")), (bill.From, bill.To));
    }

    [Theory]
    [InlineData("2026-13-03,gpt-4o input,1,tokens,3", 3, "date", 1, "2026-13-03")]
    [InlineData("2026-11-03,gpt-4o input,1,tokens,\"1,5\"", 3, "cost", 5, "1,5")]
    [InlineData("2026-11-03,gpt-4o input,many,tokens,3", 3, "quantity", 3, "many")]
    [InlineData("2026-11-03,gpt-4o input,1,tokens,", 3, "cost", 5, "nothing")]
    [InlineData("2026-11-03,,1,tokens,3", 3, "line item", 2, "nothing")]
    [InlineData("2026-11-03,gpt-4o input,1,3", 3, "", 0, "")]
    public async Task Read_AMistake_IsToldWithLineAndColumnAndNothingCounts(string bad, int line, string column, int number, string found)
    {
        var bill = await ReadAsync("date,line item,quantity,unit,cost\n2026-11-03,gpt-4o output,1,tokens,3\n" + bad + "\n2026-11-05,gpt-4o output,1,tokens,3\n", Mapping());

        var error = Assert.Single(bill.Errors);
        Assert.Equal((line, column, number, found), (error.Line, error.Column, error.ColumnNumber, error.Found));
        Assert.NotEmpty(error.Expected);
        Assert.Empty(bill.Lines);
    }

    [Fact]
    public async Task Read_ManyMistakes_AreToldUpToTheLimit()
    {
        var bill = await ReadAsync("date,line item,quantity,unit,cost\n" + string.Concat(Enumerable.Repeat("x,y,z,tokens,w\n", 100)), Mapping());

        Assert.Equal(new BillOptions().MaxErrors, bill.Errors.Count);
        Assert.True(bill.MoreErrors);
    }

    [Theory]
    [InlineData("date,line item,cost\n2026-11-03,gpt-4o input,3\nTotal,,4\n", "sum to 3")]
    [InlineData("date,line item,cost\n2020-11-03,gpt-4o input,3\n2026-11-03,gpt-4o input,3\n", "spans more than 400 days")]
    [InlineData("date,line item,cost\n", "no lines")]
    [InlineData("", "no line with the names")]
    [InlineData("date,line item\n2026-11-03,x\n", "a column \"cost\"")]
    [InlineData("date,line item,cost,cost\n2026-11-03,x,1,2\n", "one column of this name")]
    [InlineData("date,line item,cost\n2026-11-03,\"never closed,3\n2026-11-04,x,3\n", "a line of a CSV file")]
    public async Task Read_AFileThatCannotBe_SaysWhy(string text, string why)
    {
        var mapping = Mapping() with { Columns = new Dictionary<BillColumn, string> { [BillColumn.From] = "date", [BillColumn.Sku] = "line item", [BillColumn.Cost] = "cost" } };
        var bill = await ReadAsync(text, mapping);

        Assert.Contains(why, Assert.Single(bill.Errors).ToString(), StringComparison.Ordinal);
        Assert.Empty(bill.Lines);
    }

    [Fact]
    public async Task Read_GermanNotation_IsGuessedFromTheFile()
    {
        const string text = "Rechnung 17\nDatum;Beschreibung;Menge;Betrag\n03.11.2026;gpt-4o input;1.500;1.234,56\n13.11.2026;gpt-4o input;2;0,5\n";
        var peek = await PeekAsync(text);
        var bill = await ReadAsync(text, peek.Mapping with { Provider = "openai", TimeZone = "Europe/Berlin", Columns = new Dictionary<BillColumn, string>(peek.Mapping.Columns) { [BillColumn.Sku] = "Beschreibung" } });

        Assert.Equal((';', true, "dd.MM.yyyy", 2), (peek.Mapping.Separator, peek.Mapping.DecimalComma, peek.Mapping.DateFormat, peek.Mapping.HeadLine));
        Assert.Equal([(1_500m, 1_234.56m), (2m, 0.5m)], bill.Lines.Select(line => (line.Quantity!.Value, line.Cost)));
        Assert.Equal(Instant("2026-11-02T23:00:00Z"), bill.Lines[0].From);
    }

    [Fact]
    public async Task Read_Utf16AndBytesThatAreNoText_AreToldApart()
    {
        var utf16 = await new ReadBill(Options.Create(new BillOptions())).ReadAsync(new MemoryStream([.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Good)]), Mapping(), NoRate, CancellationToken.None);
        var latin = await new ReadBill(Options.Create(new BillOptions())).ReadAsync(new MemoryStream(Encoding.Latin1.GetBytes("date,line item,quantity,unit,cost\n2026-11-03,gpt-4o für alle,1,tokens,3\n")), Mapping(), NoRate, CancellationToken.None);

        Assert.Equal(2, utf16.Lines.Count);
        Assert.Contains("UTF-8", Assert.Single(latin.Errors).Expected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_AnotherCurrency_NeedsARate()
    {
        var mapping = Mapping() with { Currency = "EUR" };
        const string text = "date,line item,quantity,unit,cost\n2026-11-03,gpt-4o input,1,tokens,2\n";

        Assert.Contains("2026-11-03", Assert.Single((await ReadAsync(text, mapping)).Errors).Expected, StringComparison.Ordinal);
        var bill = await new ReadBill(Options.Create(new BillOptions())).ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), mapping, (_, _) => 1.1m, CancellationToken.None);
        Assert.Equal(2.2m, bill.Cost);
    }

    [Fact]
    public async Task Read_FocusByItsColumns_NeedsNoMapping()
    {
        const string text = """
            BilledCost,BillingAccountId,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ConsumedQuantity,ConsumedUnit,ServiceProviderName,SkuId,SkuMeter,SkuPriceDetails
            2.5,acc-1,USD,Usage,2026-11-03T05:00:00Z,2026-11-03T06:00:00Z,1000000,Tokens,OpenAI,gpt-4o-input,Input Tokens,"{""ModelId"":""gpt-4o""}"
            0.4,acc-1,USD,Tax,2026-11-01T00:00:00Z,2026-12-01T00:00:00Z,,,OpenAI,,,

            """;
        var peek = await PeekAsync(text);
        var bill = await ReadAsync(text, peek.Mapping);

        Assert.True(peek.IsFocus);
        Assert.Equal([("gpt-4o", true, 1_000_000m), ("", false, null)], bill.Lines.Select(line => (line.Model, line.IsUsage, line.Quantity)));
        // An hour is summed by its day.
        Assert.Equal((Instant("2026-11-03T00:00:00Z"), Instant("2026-11-04T00:00:00Z")), (bill.Lines[0].From, bill.Lines[0].To));
        Assert.Equal("acc-1", bill.Account);
    }

    [Fact]
    public async Task Read_OurOwnEstimates_AreNoBill()
    {
        const string text = "BilledCost,BillingCurrency,ChargeCategory,ChargePeriodStart,ServiceProviderName,SkuId,x_CostBasis\n2.5,USD,Usage,2026-11-03T05:00:00Z,OpenAI,gpt-4o-input,estimated\n";

        Assert.Contains("not a bill", Assert.Single((await ReadAsync(text, (await PeekAsync(text)).Mapping)).Errors).Expected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_BeyondTheLimits_ImportsNothing()
    {
        var small = new ReadBill(Options.Create(new BillOptions { MaxLines = 1, MaxFileBytes = 100 }));
        var lines = await small.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes("date,line item,quantity,unit,cost\n2026-11-03,a,1,t,1\n2026-11-03,b,1,t,1\n")), Mapping(), NoRate, CancellationToken.None);
        var bytes = await small.ReadAsync(new MemoryStream(new byte[101]), Mapping(), NoRate, CancellationToken.None);

        Assert.Contains("at most 1 lines", Assert.Single(lines.Errors).ToString(), StringComparison.Ordinal);
        Assert.Contains("MiB", Assert.Single(bytes.Errors).ToString(), StringComparison.Ordinal);
    }

    /// <summary>Whatever bytes come: lines or errors, never both, and never an exception.</summary>
    [Fact]
    public void Read_AnyBytes_GivesLinesOrErrors()
    {
        var piece = Gen.OneOf("date", "cost", ",", ";", "\n", "\r\n", "\"", "2026-11-03", "gpt-4o input", "1,5", "-3", "1e9", "\0", "é", "Total", "99999999999999999999", "((", "$");
        Gen.Select(piece.Array[0, 60], Gen.Byte.Array[0, 8]).Sample((pieces, bytes) =>
        {
            var text = "date,line item,quantity,unit,cost\n2026-11-03,x,1,t,1\n" + string.Concat(pieces);
            byte[] file = [.. Encoding.UTF8.GetBytes(text), .. bytes];
            _ = GuessMapping.OfAsync(new MemoryStream(file), CancellationToken.None).GetAwaiter().GetResult();
            var bill = new ReadBill(Options.Create(new BillOptions())).ReadAsync(new MemoryStream(file), Mapping(), NoRate, CancellationToken.None).GetAwaiter().GetResult();
            Assert.NotEqual(bill.Lines.Count > 0, bill.Errors.Count > 0);
            Assert.All(bill.Errors, error => Assert.NotEmpty(error.Expected));
        }, iter: 400);
    }

    private static decimal? NoRate(string currency, DateOnly day) => null;

    private static BillMapping Mapping() => new()
    {
        Columns = new Dictionary<BillColumn, string>
        {
            [BillColumn.From] = "date",
            [BillColumn.Sku] = "line item",
            [BillColumn.Quantity] = "quantity",
            [BillColumn.Unit] = "unit",
            [BillColumn.Cost] = "cost",
        },
        Provider = "openai",
    };

    private static Task<BillPeek> PeekAsync(string text) => GuessMapping.OfAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), CancellationToken.None);

    private static Task<BillFile> ReadAsync(string text, BillMapping mapping) =>
        new ReadBill(Options.Create(new BillOptions())).ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), mapping, NoRate, CancellationToken.None);

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
