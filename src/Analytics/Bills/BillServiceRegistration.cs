using FinOps.Analytics.Commitments;
using FinOps.Analytics.Focus;
using FinOps.Analytics.Lines;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Stores.Postgres;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.Bills;

public static class BillServiceRegistration
{
    /// <summary>Registers bills and the close of books. Needs <c>AddPostgres</c>, <c>AddClickHouse</c>, <c>AddRetention</c>, <c>AddCommitments</c> and the line reader.</summary>
    public static IServiceCollection AddBills(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<BillOptions>().Bind(configuration.GetSection(BillOptions.Section))
            .Validate(
                o => o is { MaxFileBytes: >= 1024, MaxLines: >= 1, MaxErrors: >= 1, MaxLineBytes: >= 1024, MaxDays: >= 1, MaxUsageLines: >= 1, MaxClosedLines: >= 1, QuietMinutes: >= 0 },
                $"{BillOptions.Section}: a limit is too small.")
            .ValidateOnStart();
        services.AddSingleton<ReadBill>();
        services.AddSingleton<ReadForeignBill>();
        services.AddSingleton<Bills>();
        services.AddSingleton<Adjustments>();
        services.AddSingleton<CloseMonths>();
        services.AddSingleton(provider => new ReadOurLines(provider.GetRequiredService<LineReader>(), provider.GetRequiredService<IOptions<BillOptions>>()));
        services.AddSingleton(provider => new ClosedBook(provider.GetRequiredService<ClickHouseStore>(), provider.GetRequiredService<LineReader>(), provider.GetRequiredService<IOptions<BillOptions>>()));
        services.AddSingleton(provider => new ReconcileBill(provider.GetRequiredService<FinOpsDatabase>(), provider.GetRequiredService<ReadOurLines>(), provider.GetRequiredService<Adjustments>(), provider.GetRequiredService<TimeProvider>()));
        services.AddTransient(provider => new CloseMonth(
            provider.GetRequiredService<FinOpsDatabase>(), provider.GetRequiredService<ClickHouseStore>(), provider.GetRequiredService<ClosedBook>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<CloseMonth>>()));
        services.AddTransient<FindCorrections>();
        // Kinds of rows of a FOCUS file; a new one is added here or beside its own feature.
        services.AddSingleton<IFocusRows>(provider => new UsageRows(provider.GetRequiredService<LineReader>(), provider.GetRequiredService<CloseMonths>(), provider.GetRequiredService<ClosedBook>(), provider.GetRequiredService<CommitmentReader>()));
        services.AddSingleton<IFocusRows>(provider => new AdjustmentRows(provider.GetRequiredService<Adjustments>()));
        services.AddSingleton<IFocusRows>(provider => new CorrectionRows(provider.GetRequiredService<CloseMonths>(), provider.GetRequiredService<ClosedBook>()));
        services.AddSingleton<IFocusRows>(provider => new GpuRows(provider.GetRequiredService<ClickHouseStore>()));
        services.AddSingleton<IFocusRows>(provider => new DataStoreChargeRows(provider.GetRequiredService<ClickHouseStore>()));
        services.AddSingleton<IFocusRows>(provider => new BilledRows(provider.GetRequiredService<FinOpsDatabase>()));
        return services;
    }
}
