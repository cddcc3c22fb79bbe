using System.Globalization;

namespace FinOps.Bench.Ingest;

/// <summary>Resident memory of the server in role <c>all</c>, engines apart: idle with the demo, under a flood, and idle after it. And how long a second start takes.</summary>
internal static class MemoryBench
{
    private const double MostMegabytes = 350;
    private const int FloodBodies = 600;

    private static readonly TimeSpan DemoLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(20);

    public static async Task<int> RunAsync()
    {
        await using var app = await AppUnderLoad.StartAsync("--demo");
        await DemoAsync(app);
        await Task.Delay(IdleTime);
        var filled = app.Memory();
        var seconds = await app.StartAgainAsync();
        await AppUnderLoad.QuietAsync(DemoLimit);
        await Task.Delay(IdleTime);
        var idle = app.Memory();

        using var load = new HttpLoad(app.Server.OtlpHttp);
        var bodies = new SpanBodies(FloodBodies);
        for (var leg = 0; leg < 3; leg++)
        {
            bodies.Renew();
            await load.SendAsync(bodies.All);
        }

        var flood = app.Memory();
        await AppUnderLoad.QuietAsync(DemoLimit);
        await Task.Delay(IdleTime);
        var after = app.Memory();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"memory: {idle.Now:F0} MB idle with the demo (asked for: {MostMegabytes:F0}), {filled.Now:F0} MB idle in the process that filled it ({filled.Highest:F0} at most); {flood.Highest:F0} MB at most under a flood of {OtlpLoad.RequestsAtOnce} requests at once, {after.Now:F0} MB idle after it; a second start on running engines is ready after {seconds:F1} s"));
        return idle.Now < MostMegabytes ? 0 : 1;
    }

    /// <summary>Until the demo's thirty days are stored: no more calls come for a while.</summary>
    private static async Task DemoAsync(AppUnderLoad app)
    {
        var began = TimeProvider.System.GetTimestamp();
        long before = -1;
        while (TimeProvider.System.GetElapsedTime(began) < DemoLimit)
        {
            var calls = await app.CallsAsync();
            // The demo goes on live with a call now and then.
            if (calls > 10_000 && calls - before < 100) return;
            before = calls;
            await Task.Delay(5000);
        }
    }
}
