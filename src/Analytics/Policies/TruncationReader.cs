using System.Data.Common;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Policies;

/// <summary>Finds how many answers ended by their length in the last seven days, by the arm of a policy, whatever its version.</summary>
public sealed class TruncationReader(ClickHouseStore store, TimeProvider clock)
{
    /// <summary>Default a week: each day of it once.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromDays(7);

    public async Task<Truncation> ReadAsync(TenantId tenant, string policy, CancellationToken cancellationToken)
    {
        var range = TimeRange.Ending(clock.GetUtcNow(), Length);
        var arms = (await store.QueryAsync(new TruncatedAnswers(tenant, policy, range), cancellationToken)).ToLookup(arm => arm.Arm, arm => arm.Answers, StringComparer.Ordinal);
        return new Truncation(Of("treatment"), Of("control"), Of(PolicyTouch.DryRunArm));

        ArmTruncation Of(string arm) => arms[arm].SingleOrDefault();
    }
}

internal sealed record TruncatedAnswers(TenantId Tenant, string Policy, TimeRange Range) : IClickHouseQuestion<(string Arm, ArmTruncation Answers)>
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("policy", Policy).AddMicros("from", Range.From).AddMicros("to", Range.To).Add("hit", "UInt32", (uint)CallFlags.CacheHit);

    public (string Arm, ArmTruncation Answers) Read(DbDataReader row) => (row.GetString(0), new ArmTruncation(CallRowColumns.Number(row, 1), CallRowColumns.Number(row, 2)));
}
