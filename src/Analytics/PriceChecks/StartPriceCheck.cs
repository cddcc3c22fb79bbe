using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.PriceChecks;

/// <summary>What became of the wish to compare now.</summary>
public enum PriceCheckStart
{
    Started,

    /// <summary>The installation names no second list.</summary>
    NotConfigured,

    /// <summary>Jobs cannot be started while PostgreSQL is away.</summary>
    NoJobs,
}

/// <summary>Starts the comparison with the second list at once instead of at night. Twice does it twice, one after the other, with the same outcome.</summary>
/// <param name="services">For Hangfire, which opens only when PostgreSQL is there.</param>
public sealed class StartPriceCheck(IOptions<PriceCheckOptions> options, IServiceProvider services)
{
    public PriceCheckStart Run()
    {
        if (options.Value.Source.Length == 0) return PriceCheckStart.NotConfigured;
        if (services.GetService<IBackgroundJobClient>() is not { } jobs) return PriceCheckStart.NoJobs;
        try
        {
            jobs.Enqueue<CrossCheckPrices>(job => job.RunAsync(CancellationToken.None));
            return PriceCheckStart.Started;
        }
        catch (BackgroundJobClientException)
        {
            return PriceCheckStart.NoJobs;
        }
    }
}
