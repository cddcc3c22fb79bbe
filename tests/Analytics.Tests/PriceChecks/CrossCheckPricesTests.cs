using System.Net;
using System.Text;
using FinOps.Analytics.Outbound;
using FinOps.Domain.Outbound;
using FinOps.Analytics.PriceChecks;
using FinOps.Analytics.Prices;
using FinOps.Analytics.Stores;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tests.Accounts;
using FinOps.Analytics.Tests.Prices;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Tests.PriceChecks;

/// <summary>The nightly comparison: a list from a web server at the loopback, with its faults, and what is kept of it in PostgreSQL.</summary>
public sealed class CrossCheckPricesTests(PriceBookFixture postgres)
{
    private static readonly TenantId Anyone = new(Guid.NewGuid());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_NightAfterNight_KeepsWhatDiffersAndForgetsWhatNoLongerDoes()
    {
        await using var services = await postgres.CreateAsync();
        var database = services.GetRequiredService<FinOpsDatabase>();
        await new ImportPrices(database, TimeProvider.System, NullLogger<ImportPrices>.Instance).RunAsync(Token);
        using var source = new PostgresPriceSource(
            database, services.GetRequiredService<StoresReady>(), Options.Create(new PriceOptions()), TimeProvider.System, NullLogger<PostgresPriceSource>.Instance);
        await source.RefreshAsync(Token);
        var clock = new Clock();
        var text = Encoding.UTF8.GetString(PriceComparisonTests.Fixture);

        // None configured: nothing happens, and the page can say so.
        await RunAsync("");
        var none = await AskAsync("");
        Assert.True(none is { IsConfigured: false, Last: null, Total: 0 });

        await using (var first = ListServer.WithList(Encoding.UTF8.GetBytes(text)))
        {
            await RunAsync(first.Address);
            var state = await AskAsync(first.Address);
            var gap = Assert.Single(state.Gaps);
            Assert.Equal(("gpt-5", Meter.Output, 10m, 12m, clock.Now), (gap.OtherName, gap.Meter, gap.BookPrice, gap.OtherPrice, gap.FirstSeenAt));
            Assert.NotNull(gap.BookSince);
            Assert.Equal((first.Address, "", source.Version, 1, 26), (state.Last!.Source, state.Last.Problem, state.Last.BookVersion, state.Last.Gaps, state.Last.Entries));
            Assert.Equal(["openai"], state.Sellers);
        }

        // A night without the list: what was found stays, and the page says of when it is.
        clock.Now = clock.Now.AddDays(1);
        await using (var away = ListServer.With("404 Not Found"))
        {
            await RunAsync(away.Address);
            var state = await AskAsync(away.Address);
            Assert.Equal(("The answer was 404 NotFound.", clock.Now.AddDays(-1), 1), (state.Last!.Problem, state.LastGood!.CheckedAt, state.Total));
        }

        // Dearer still: the same difference, first seen when it was.
        clock.Now = clock.Now.AddDays(1);
        await using (var dearer = ListServer.WithList(Encoding.UTF8.GetBytes(text.Replace("_token\": 1.2e-05", "_token\": 1.3e-05", StringComparison.Ordinal).Replace("1.5e-07", "3e-07", StringComparison.Ordinal))))
        {
            await RunAsync(dearer.Address);
            var state = await AskAsync(dearer.Address);
            Assert.Equal([("gpt-4o-mini", 0.3m, clock.Now), ("gpt-5", 13m, clock.Now.AddDays(-2))], state.Gaps.Select(gap => (gap.OtherName, gap.OtherPrice, gap.FirstSeenAt)));
        }

        // Agreed again: gone.
        await using (var agreed = ListServer.WithList(Encoding.UTF8.GetBytes(text.Replace("_token\": 1.2e-05", "_token\": 1e-05", StringComparison.Ordinal))))
        {
            await RunAsync(agreed.Address);
            var state = await AskAsync(agreed.Address);
            Assert.Equal((0, 0, ""), (state.Total, state.Last!.Gaps, state.Last.Problem));
        }

        Task RunAsync(string address) => new CrossCheckPrices(database, source, With(address), clock, NullLogger<CrossCheckPrices>.Instance).RunAsync(Token);

        Task<PriceCheckState> AskAsync(string address) => new PriceCheckReader(database, With(address)).AskAsync(Anyone, null, 0, Token);
    }

    [Fact]
    public async Task Fetch_OfWhatCannotBeRead_SaysWhy()
    {
        await using var broken = ListServer.With("500 Internal Server Error");
        Assert.Equal("The answer was 500 InternalServerError.", await ProblemAsync(broken.Address));
        await using var large = ListServer.WithList(new byte[2_000_000]);
        Assert.Equal("It is larger than 1,000,000 bytes (FinOps:PriceCheck:MaxBytes).", await ProblemAsync(large.Address));
        await using var silent = ListServer.Silent();
        Assert.Equal("It did not come within 1 seconds (FinOps:PriceCheck:TimeoutSeconds).", await ProblemAsync(silent.Address, seconds: 1));
        await using var circle = ListServer.LeadingTo(server => server.Address);
        Assert.Equal("It leads on more than 3 times (FinOps:PriceCheck:MaxRedirects).", await ProblemAsync(circle.Address));
        Assert.Equal(4, circle.Asked);
        Assert.Equal("The connection failed: ConnectionError.", await ProblemAsync("http://127.0.0.1:1/list.json"));
        Assert.StartsWith("The file cannot be read", await ProblemAsync("/nowhere/list.json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_ThatLeadsInside_IsRefused()
    {
        await using var target = ListServer.WithList(PriceComparisonTests.Fixture);
        // The server itself is named as one's own; where it leads to is not.
        await using var plain = ListServer.LeadingTo(_ => $"http://localhost:{target.Port}/list.json");
        Assert.Equal("It leads on to an address that is not https.", await ProblemAsync(plain.Address));
        await using var inside = ListServer.LeadingTo(_ => $"https://localhost:{target.Port}/list.json");
        Assert.StartsWith("It leads to an internal address, which is refused", await ProblemAsync(inside.Address), StringComparison.Ordinal);
        Assert.StartsWith("It leads to an internal address, which is refused", await ProblemAsync($"https://localhost:{target.Port}/list.json"), StringComparison.Ordinal);
        Assert.Equal(0, target.Asked);
    }

    [Fact]
    public async Task Fetch_OfAFile_ReadsIt()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "Fixtures", "price-checks", "second-list.json");
        Assert.Equal(PriceComparisonTests.Fixture, (await new FetchPriceList(With(file)).RunAsync(Token)).File);
        Assert.Equal("second-list.json", With(file).Value.ShownSource);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("172.31.0.1", true)]
    [InlineData("172.32.0.1", false)]
    [InlineData("192.168.1.1", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("100.64.0.1", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("224.0.0.1", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("140.82.121.4", false)]
    [InlineData("::1", true)]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("64:ff9b::a00:1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("fe80::1", true)]
    [InlineData("2002:a00:1::", true)]
    [InlineData("2a00:1450:4001:80b::200e", false)]
    public void Addresses_OfTheOwnNetwork_AreInternal(string address, bool isInternal) => Assert.Equal(isInternal, InternalAddresses.Contains(IPAddress.Parse(address)));

    [Theory]
    [InlineData("", true)]
    [InlineData("/var/lib/finops/list.json", true)]
    [InlineData("list.json", false)]
    [InlineData("https://example.com/list.json", true)]
    [InlineData("http://example.com/list.json", false)]
    [InlineData("http://127.0.0.1/list.json", true)]
    [InlineData("https://me:secret@example.com/list.json", false)]
    [InlineData("ftp://example.com/list.json", false)]
    public void Source_ThatIsNeitherAFileNorHttps_StopsTheStart(string source, bool valid) => Assert.Equal(valid, With(source).Value.IsValid);

    private static async Task<string?> ProblemAsync(string source, int seconds = 30) => (await new FetchPriceList(With(source, seconds)).RunAsync(Token)).Problem;

    private static IOptions<PriceCheckOptions> With(string source, int seconds = 30) =>
        Options.Create(new PriceCheckOptions { Source = source, InternalHosts = { "127.0.0.1" }, MaxBytes = 1_000_000, TimeoutSeconds = seconds });

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 26, 3, 20, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
