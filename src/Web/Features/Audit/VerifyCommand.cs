using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Analytics.Stores.Postgres;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Embedded;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace FinOps.Web.Features.Audit;

/// <summary><c>audit verify</c>: walks along every chain of an installation, whether it runs or not. Ends with 0 when all hold, with 1 when one is broken.</summary>
internal static class VerifyCommand
{
    private const string Usage = "Usage: FinOps.Web audit verify [--data DIR] [--engines DIR]";

    public static async Task<int> RunAsync(string[] arguments, Func<string, string?> environment, CancellationToken cancellationToken)
    {
        if (arguments is not ["audit", "verify", .. var rest] || Options(rest) is not { } options)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        try
        {
            string? Value(string key) => environment(key) is { Length: > 0 } text ? text : null;
            var external = new PostgresOptions { ConnectionString = Value("FINOPS_POSTGRES"), AppConnectionString = Value("FINOPS_POSTGRES_APP") };
            if ((external.ConnectionString ?? external.AppConnectionString) is not null) return await VerifyAsync(external, Console.Out, cancellationToken);
            if (!Directory.Exists(options.Data)) throw new EngineException($"There is no installation in {options.Data}. Name its folder with --data, or set FINOPS_POSTGRES.");
            if (RunningInstallation.FindPostgres(options.Data) is { } running)
                return await VerifyAsync(new PostgresOptions { ConnectionString = running }, Console.Out, cancellationToken);

            await using var engines = await EmbeddedEngines.StartAsync(
                new EmbeddedEnginesOptions(options.Data, options.Engines ?? EnginesFolder.Find()) { ClickHouse = false }, new Progress<string>(), NullLoggerFactory.Instance, cancellationToken);
            return await VerifyAsync(new PostgresOptions { ConnectionString = engines.Addresses.PostgresConnectionString }, Console.Out, cancellationToken);
        }
        catch (Exception failure) when (failure is EngineException or NpgsqlException or ArgumentException)
        {
            Console.Error.WriteLine(failure.Message);
            return 2;
        }
    }

    internal static async Task<int> VerifyAsync(PostgresOptions postgres, TextWriter output, CancellationToken cancellationToken)
    {
        await using var services = new ServiceCollection().AddLogging().AddPostgres(postgres).BuildServiceProvider();
        var (audit, tenants) = (services.GetRequiredService<AuditReader>(), services.GetRequiredService<Tenants>());
        var whole = true;
        foreach (var chain in await audit.ChainsAsync(cancellationToken))
        {
            var name = chain == AuditTrail.Installation ? "the installation" : $"{await tenants.NameAsync(chain, cancellationToken) ?? "an organisation that was deleted"} ({chain})";
            var verdict = await audit.VerifyAsync(chain, cancellationToken);
            await output.WriteLineAsync(Line(name, verdict));
            whole &= verdict.Broken is null;
        }

        return whole ? 0 : 1;
    }

    private static string Line(string name, AuditVerdict verdict) => verdict.Broken is { } broken
        ? string.Create(CultureInfo.InvariantCulture, $"BROKEN  {name}: at entry {broken.Sequence}. {broken.Reason} The {verdict.Entries} entries before it hold.")
        : string.Create(CultureInfo.InvariantCulture, $"holds   {name}: all {verdict.Entries} entries; hash of the last one {verdict.HeadHash}");

    private static (string Data, string? Engines)? Options(string[] arguments)
    {
        var (data, engines) = (".finops", (string?)null);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length) return null;
            switch (arguments[i])
            {
                case "--data":
                    data = arguments[i + 1];
                    break;
                case "--engines":
                    engines = arguments[i + 1];
                    break;
                default:
                    return null;
            }
        }

        return (Path.GetFullPath(data), engines);
    }
}
