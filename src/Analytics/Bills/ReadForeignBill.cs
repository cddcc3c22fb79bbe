using FinOps.Analytics.Currencies;
using FinOps.Analytics.Spend;
using FinOps.Domain.Bills;
using FinOps.Domain.Currencies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Bills;

/// <summary>Reads a bill in any currency: each line becomes USD at the tenant's rate of the day on which it begins. A day without a rate is a mistake of the file's line.</summary>
public sealed class ReadForeignBill(ReadBill read, BillingCurrencies currencies, TimeProvider clock)
{
    /// <param name="tenant">Whose rates.</param>
    /// <param name="file">Is read from its beginning, twice if the bill is not in USD.</param>
    /// <param name="mapping">What its columns mean.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<BillFile> ReadAsync(TenantId tenant, Stream file, BillMapping mapping, CancellationToken cancellationToken)
    {
        // Which currency it is stands in its lines: the first reading finds it, and its amounts are not used.
        file.Position = 0;
        var bill = await read.ReadAsync(file, mapping, static (_, _) => 1m, cancellationToken);
        if (bill.Currency is "" or ExchangeRates.Usd) return bill;
        var rates = await currencies.RatesAsync(tenant, bill.Currency, new TimeRange(DateTimeOffset.UnixEpoch, clock.GetUtcNow()), cancellationToken);
        file.Position = 0;
        return await read.ReadAsync(file, mapping, (_, day) => rates.Find(day) is { } rate ? 1m / rate.Value : null, cancellationToken);
    }
}
