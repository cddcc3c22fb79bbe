using System.Text;
using FinOps.Analytics.Policies;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Policies;
using FinOps.Domain.Tenancy;

namespace FinOps.Analytics.Tests.Policies;

/// <summary>Answers that ended by length, on the real engine: by arm of the one policy, of its own tenant, once for each call.</summary>
public sealed class TruncationReaderTests(ClickHouseFixture clickHouse)
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());

    [Fact]
    public async Task Answers_OfOnePolicy_AreCountedByArm_OfTheOwnTenantAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (new TenantId(Guid.NewGuid()), new TenantId(Guid.NewGuid()));
        await InsertAsync(mine, 0, 40, "cap@2:treatment:limited,keep@1:treatment:miss", "length");
        await InsertAsync(mine, 100, 60, "keep@1:outside:none,cap@3:treatment:unchanged", "stop");
        await InsertAsync(mine, 200, 10, "cap@3:control:none", "MAX_TOKENS");
        await InsertAsync(mine, 300, 20, "cap@3:control:none", "end_turn");
        await InsertAsync(mine, 400, 7, "cap@3:outside:none", "length");
        await InsertAsync(mine, 500, 5, "cap-2@3:treatment:limited,a.cap@1:treatment:limited", "length");
        await InsertAsync(mine, 600, 3, "cap@3:dry_run:limited", "max_output_tokens");
        await InsertAsync(mine, 700, 9, "cap@3:treatment:limited", "length", flags: 512); // from a cache
        await InsertAsync(mine, 800, 8, "cap@3:treatment:limited", "length", days: 8);
        await InsertAsync(theirs, 0, 1_000, "cap@2:treatment:limited", "length");
        // The same span again, settled: one call.
        await InsertAsync(mine, 0, 40, "cap@2:treatment:limited,keep@1:treatment:miss", "length", version: 2);

        var found = await new TruncationReader(store, TimeProvider.System).ReadAsync(mine, [Version(3, PolicyState.Active, -1, null, Everything, dryRun: true)], TestContext.Current.CancellationToken);

        Assert.Equal(new Truncation(new ArmTruncation(100, 40), new ArmTruncation(30, 10), new ArmTruncation(3, 3)), found);

        Task InsertAsync(TenantId tenant, int first, int count, string policies, string reason, int flags = 0, int days = 1, int version = 1) => StoredCalls.RunAsync(store, FormattableString.Invariant($"""
            INSERT INTO calls (tenant_id, trace_id, span_id, start_time, status, finish_reason, policies, flags, role, version)
            SELECT '{tenant}', toFixedString('t', 16), {first} + number, toStartOfDay(now('UTC')) - toIntervalDay({days}), 'answered', '{reason}', '{policies}', {flags}, 'call', {version} FROM numbers({count})
            """));
    }

    [Fact]
    public async Task Answers_FromBeforeThePolicy_AreOfItsCalls_InAsLongATime_AndOfTheOwnTenantAlone()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (mine, theirs) = (new TenantId(Guid.NewGuid()), new TenantId(Guid.NewGuid()));
        var match = new PolicyMatch { Features = ["summaries", "it's"], Models = ["GPT-4o*", "o4.mini"], Keys = ["checkout"] };
        // Obeyed for three days: three days before, of which the first begins six days ago.
        var versions = new[] { Version(2, PolicyState.Active, -1, null, match), Version(1, PolicyState.Superseded, -3, -1, new PolicyMatch { Features = ["other"] }) };
        await InsertAsync(mine, 0, 40, -4, "length");
        await InsertAsync(mine, 100, 60, -5.9, "stop", feature: "it's", model: "o4.mini");
        await InsertAsync(mine, 200, 1, -6.1, "length"); // longer ago
        await InsertAsync(mine, 300, 2, -2.9, "length"); // under the policy
        await InsertAsync(mine, 400, 4, -4, "length", feature: "chat");
        await InsertAsync(mine, 500, 8, -4, "length", model: "gpt-5");
        await InsertAsync(mine, 600, 16, -4, "length", model: "o4-mini"); // a dot is no pattern
        await InsertAsync(mine, 700, 32, -4, "length", key: "batch");
        await InsertAsync(mine, 800, 64, -4, "length", policies: "cap@1:treatment:limited"); // an earlier time in which it was active
        await InsertAsync(mine, 900, 5, -4, "stop", policies: "cap@1:dry_run:limited,keep@1:treatment:miss");
        await InsertAsync(mine, 1_000, 128, -4, "length", flags: 512);
        await InsertAsync(theirs, 0, 1_000, -4, "length");
        await InsertAsync(mine, 0, 40, -4, "length", version: 2);

        var reader = new TruncationReader(store, new At(Now));
        var found = await reader.ReadAsync(mine, versions, TestContext.Current.CancellationToken);
        Assert.Equal(new TruncationBefore(Now.AddDays(-6), Now.AddDays(-3), new ArmTruncation(105, 40)), found.Before);
        Assert.Equal(new ArmTruncation(1_000, 1_000), (await reader.ReadAsync(theirs, versions, TestContext.Current.CancellationToken)).Before!.Answers);

        // For longer than a week: the week before it. Of nothing but trials there is no before.
        var longAgo = await reader.ReadAsync(mine, [Version(1, PolicyState.Active, -30, null, Everything)], TestContext.Current.CancellationToken);
        Assert.Equal(new TruncationBefore(Now.AddDays(-37), Now.AddDays(-30), default), longAgo.Before);
        Assert.Null((await reader.ReadAsync(mine, [Version(1, PolicyState.Active, -3, null, match, dryRun: true), Version(2, PolicyState.Draft, null, null, match)], TestContext.Current.CancellationToken)).Before);

        Task InsertAsync(TenantId tenant, int first, int count, double days, string reason, string feature = "summaries", string model = "gpt-4o-2024", string key = "checkout", string policies = "", int flags = 0, int version = 1) =>
            StoredCalls.RunAsync(store, FormattableString.Invariant($"""
                INSERT INTO calls (tenant_id, trace_id, span_id, start_time, status, finish_reason, policies, gateway_key, feature, requested_model, flags, role, version)
                SELECT '{tenant}', toFixedString('t', 16), {first} + number, fromUnixTimestamp64Micro({CellRanges.Micros(Now.AddDays(days))}, 'UTC'), 'answered', '{reason}', '{policies}', '{key}', '{feature.Replace("'", "\\'", StringComparison.Ordinal)}', '{model}',
                  {flags}, 'call', {version} FROM numbers({count})
                """));
    }

    [Fact]
    public void Run_OfAPolicy_BeginsWithItsFirstVersion_AndAnewAfterAGap()
    {
        var (first, last) = (new PolicyMatch { Features = ["a"] }, new PolicyMatch { Features = ["b"] });
        Assert.Null(PolicyRun.Latest([], Now));
        Assert.Equal((Now.AddDays(-5), "b"), From([Version(2, PolicyState.Active, -1, null, last), Version(1, PolicyState.Superseded, -5, -1, first)]));
        Assert.Equal((Now.AddDays(-1), "b"), From([Version(2, PolicyState.Active, -1, null, last), Version(1, PolicyState.Withdrawn, -5, -2, first)]));
        // A trial limits nothing: the limit begins with what followed it.
        Assert.Equal((Now.AddDays(-1), "b"), From([Version(2, PolicyState.Active, -1, null, last), Version(1, PolicyState.Superseded, -5, -1, first, dryRun: true)]));
        // An undo: the version before is active again, as if it had been all the time.
        Assert.Equal((Now.AddDays(-5), "a"), From([Version(3, PolicyState.Refused, -1, null, last), Version(2, PolicyState.Withdrawn, -2, -1, last), Version(1, PolicyState.Active, -5, null, first)]));

        static (DateTimeOffset, string) From(PolicyVersion[] versions) => PolicyRun.Latest(versions, Now) is { } run ? (run.From, run.Match.Features[0]) : default;
    }

    private static PolicyMatch Everything => PolicyMatch.Everything;

    private static PolicyVersion Version(int version, PolicyState state, double? from, double? to, PolicyMatch match, bool dryRun = false) => new()
    {
        TenantId = Guid.Empty,
        PolicyId = "cap",
        Version = version,
        Name = "cap",
        Kind = PolicyKind.OutputLimit,
        State = state,
        Definition = Encoding.UTF8.GetString(PolicyBundleWriter.Write(new Policy { Id = "cap", Version = version, Name = "cap", Match = match, Body = new OutputLimit(100), DryRun = dryRun })),
        Reason = "",
        DraftedAt = Now.AddDays(-40),
        DraftedBy = "ann",
        Authors = [],
        DecidedAt = from is { } days ? Now.AddDays(days) : null,
        EndedAt = to is { } ended ? Now.AddDays(ended) : null,
    };

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
