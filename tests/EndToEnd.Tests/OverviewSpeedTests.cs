using System.Globalization;
using Microsoft.Playwright;

namespace FinOps.EndToEnd.Tests;

/// <summary>The tests that hold a page to a time: they run when the others are over, so that a page that comes late is the server's fault.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MachineForItself
{
    public const string Name = "The machine for itself";
}

[Collection(MachineForItself.Name)]
public sealed class OverviewSpeedTests(DemoInstallation demo, ITestOutputHelper output)
{
    /// <summary>What the product promises.</summary>
    private const int PromisedSeconds = 90;

    /// <summary>What a machine that does other work at the same time may take.</summary>
    private const int BusyMachineSeconds = 180;

    /// <summary>What the product promises for the first figures after a navigation.</summary>
    private const double FirstContentMilliseconds = 1000;

    /// <summary>Where the machine is so busy that a page without figures takes long: how much longer the figures may take than that page.</summary>
    private const double TimesAnEmptyPage = 4;

    private const int Navigations = 9;

    [Fact]
    public void Demo_FirstStart_ShowsSevenDaysInTime()
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Overview showed the last 7 days {demo.SevenDaysAfter.TotalSeconds:0.0} s after the start, engines included (promised: {PromisedSeconds} s)"));
        TestContext.Current.SendDiagnosticMessage("Overview showed the last 7 days {0:0.0} s after the start", demo.SevenDaysAfter.TotalSeconds);
        Assert.True(demo.SevenDaysAfter.TotalSeconds < BusyMachineSeconds, $"{demo.SevenDaysAfter.TotalSeconds} s");
    }

    [Fact]
    public Task Overview_WarmBrowser_ShowsFirstFiguresInTime() => demo.VisitAsync(new Visit(demo.DemoAdmin), async page =>
    {
        List<double> empty = [], figures = [];
        for (var i = 0; i <= Navigations; i++)
        {
            var settings = await ShownAfterAsync(page, "/settings", "pre.snippet");
            var overview = await ShownAfterAsync(page, "/", ".tile-value:not(.skeleton)");
            // The first navigation fills the browser's cache.
            if (i == 0) continue;
            empty.Add(settings);
            figures.Add(overview);
        }

        var (reference, quick) = (Quick(empty), Quick(figures));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"First figures after {quick:0} ms in the quickest third, {figures.Min():0} to {figures.Max():0} ms in all; a page without figures after {reference:0} ms"));
        Assert.True(quick < Math.Max(FirstContentMilliseconds, TimesAnEmptyPage * reference), $"{quick} ms, a page without figures {reference} ms");
    });

    /// <summary>The slowest of the quickest third: what the page takes while other programs leave it alone.</summary>
    private static double Quick(List<double> values) => values.Order().ElementAt((values.Count / 3) - 1);

    private static async Task<double> ShownAfterAsync(IPage page, string path, string selector)
    {
        await page.GotoAsync(path, new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
        var shown = await page.WaitForFunctionAsync("selector => document.querySelector(selector) ? performance.now() : 0", selector);
        return await shown.JsonValueAsync<double>();
    }
}
