using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Policies;

/// <summary>
/// Finds how many answers ended by their length in the last seven days, by the arm of a policy, whatever its version; and, of the calls that it is for, in the equally long time before it was obeyed.
/// </summary>
public sealed class TruncationReader(ClickHouseStore store, TimeProvider clock)
{
    /// <summary>Default a week: each day of it once.</summary>
    private static readonly TimeSpan Length = TimeSpan.FromDays(7);

    /// <param name="tenant">Whose.</param>
    /// <param name="versions">All versions of the policy.</param>
    /// <param name="cancellationToken">Ends the questions.</param>
    public async Task<Truncation> ReadAsync(TenantId tenant, IReadOnlyList<PolicyVersion> versions, CancellationToken cancellationToken)
    {
        var (policy, now) = (versions[0].PolicyId, clock.GetUtcNow());
        var arms = (await store.QueryAsync(new TruncatedAnswers(tenant, policy, TimeRange.Ending(now, Length)), cancellationToken)).ToLookup(arm => arm.Arm, arm => arm.Answers, StringComparer.Ordinal);
        return new Truncation(Of("treatment"), Of("control"), Of(PolicyTouch.DryRunArm)) { Before = await BeforeAsync(tenant, versions, now, cancellationToken) };

        ArmTruncation Of(string arm) => arms[arm].SingleOrDefault();
    }

    private async Task<TruncationBefore?> BeforeAsync(TenantId tenant, IReadOnlyList<PolicyVersion> versions, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (PolicyRun.Latest(versions, now) is not { } run) return null;
        var since = now - run.From;
        var range = TimeRange.Ending(run.From, since < Length ? since : Length);
        var found = await store.QueryAsync(new AnswersBefore(tenant, versions[0].PolicyId, run.Match, range), cancellationToken);
        return new TruncationBefore(range.From, range.To, found.Single());
    }
}

/// <summary>A time in which gateways obeyed a policy without a gap, whatever its versions.</summary>
/// <param name="From">When the first of these versions was approved.</param>
/// <param name="Match">Whose calls the last of them is for.</param>
internal sealed record PolicyRun(DateTimeOffset From, PolicyMatch Match)
{
    /// <summary>One version is written as ended a moment before the next is written as approved. Default a minute.</summary>
    private static readonly TimeSpan Gap = TimeSpan.FromMinutes(1);

    /// <summary>The latest one; null: no version was ever more than a trial.</summary>
    public static PolicyRun? Latest(IEnumerable<PolicyVersion> versions, DateTimeOffset now)
    {
        PolicyRun? run = null;
        // A version that an undo made active again was so since it was approved: what it was superseded by lies within.
        foreach (var (from, to, match) in versions.SelectMany(one => Obeyed(one, now)).OrderByDescending(time => time.To).ThenByDescending(time => time.From))
        {
            if (run is null) run = new PolicyRun(from, match);
            else if (to + Gap >= run.From && from < run.From) run = run with { From = from };
        }

        return run;
    }

    private static IEnumerable<(DateTimeOffset From, DateTimeOffset To, PolicyMatch Match)> Obeyed(PolicyVersion version, DateTimeOffset now)
    {
        if (version is not { State: PolicyState.Active or PolicyState.Superseded or PolicyState.Withdrawn, DecidedAt: { } approved }) yield break;
        // What this release cannot read says nothing of whose calls it was for.
        if (PolicyBundleReader.ReadPolicy(Encoding.UTF8.GetBytes(version.Definition)).Policy is { DryRun: false } policy) yield return (approved, version.EndedAt ?? now, policy.Match);
    }
}

internal sealed record TruncatedAnswers(TenantId Tenant, string Policy, TimeRange Range) : IClickHouseQuestion<(string Arm, ArmTruncation Answers)>
{
    public void Bind(StatementParameters parameters) =>
        parameters.Add(Tenant).Add("policy", Policy).AddMicros("from", Range.From).AddMicros("to", Range.To).Add("hit", "UInt32", (uint)CallFlags.CacheHit);

    public (string Arm, ArmTruncation Answers) Read(DbDataReader row) => (row.GetString(0), new ArmTruncation(CallRowColumns.Number(row, 1), CallRowColumns.Number(row, 2)));
}

/// <summary>Answers that a policy's match fits, as far as calls tell its parts, and that it did not limit.</summary>
internal sealed record AnswersBefore(TenantId Tenant, string Policy, PolicyMatch Match, TimeRange Range) : IClickHouseQuestion<ArmTruncation>
{
    private readonly SpendFilter _tags = PolicyPreviewReader.Tags(Match);

    public string Compose(string sql)
    {
        var conditions = new StringBuilder();
        for (var i = 0; i < _tags.Conditions.Count; i++) conditions.Append(CultureInfo.InvariantCulture, $"AND {_tags.Conditions[i].Dimension.Column()} IN {{filter{i}:Array(String)}}\n  ");
        if (Match.Models.Count > 0) conditions.Append("AND match(requested_model, {models:String})\n  ");
        if (Match.Providers.Count > 0) conditions.Append("AND match(provider, {providers:String})\n  ");
        return sql.Replace("{{conditions}}", conditions.ToString().TrimEnd(), StringComparison.Ordinal);
    }

    public void Bind(StatementParameters parameters)
    {
        parameters.Add(Tenant).Add("policy", Policy).AddMicros("from", Range.From).AddMicros("to", Range.To).Add("hit", "UInt32", (uint)CallFlags.CacheHit);
        for (var i = 0; i < _tags.Conditions.Count; i++) parameters.Add(string.Create(CultureInfo.InvariantCulture, $"filter{i}"), "Array(String)", _tags.Conditions[i].Values.ToArray());
        if (Match.Models.Count > 0) parameters.Add("models", AnyOf(Match.Models));
        if (Match.Providers.Count > 0) parameters.Add("providers", AnyOf(Match.Providers));
    }

    public ArmTruncation Read(DbDataReader row) => new(CallRowColumns.Number(row, 0), CallRowColumns.Number(row, 1));

    /// <summary>Patterns as <see cref="NamePattern"/> has them, for the engine: whatever the case, and a star stands for any letters.</summary>
    private static string AnyOf(IEnumerable<string> patterns) =>
        $"(?is)^(?:{string.Join('|', patterns.Select(pattern => string.Join(".*", pattern.Split('*').Select(Regex.Escape))))})$";
}
