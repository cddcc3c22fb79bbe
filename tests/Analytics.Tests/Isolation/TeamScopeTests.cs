using System.Reflection;
using FinOps.Analytics.Calls;
using FinOps.Analytics.Deletion;
using FinOps.Analytics.IngestHealth;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Retention;
using FinOps.Analytics.Spend;
using FinOps.Analytics.Stores.ClickHouse;
using FinOps.Analytics.Tests.Spend;
using FinOps.Domain.Pricing;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;
using static FinOps.Analytics.Tests.Spend.PeriodsTests;

namespace FinOps.Analytics.Tests.Isolation;

/// <summary>A reader who is limited to teams: every question answers as if there were no other calls, and none can be widened.</summary>
public sealed class TeamScopeTests(ClickHouseFixture clickHouse)
{
    private static readonly TimeRange Week = Range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");

    /// <summary>Questions about a whole organisation. Pages that ask them are closed to members limited to teams by their policies, which are tested apart.</summary>
    private static readonly Dictionary<Type, string> OfWholeOrganisations = new()
    {
        [typeof(FinOps.Analytics.Audit.AuditQuestion)] = "Audit (audit.read); holds no spend",
        [typeof(FinOps.Analytics.Alerts.AlertsQuestion)] = "Alerts (alerts.read), closed to who sees some teams alone",
        [typeof(FinOps.Analytics.Channels.MessagesQuestion)] = "Channels (channels.read), closed to who sees some teams alone",
        [typeof(IngestEventsQuestion)] = "Ingest health (health.read)",
        [typeof(QuarantinedSpansQuestion)] = "Ingest health (health.read)",
        [typeof(FinOps.Analytics.Vectors.VectorQuestion)] = "vector databases and storage (resources.read); what is shared is a whole organisation's",
        [typeof(FinOps.Analytics.Gpus.GpuQuestion)] = "GPUs (resources.read); hardware is a whole organisation's",
        [typeof(FinOps.Analytics.Prices.PricesQuestion)] = "Prices (prices.read); holds no spend",
        [typeof(FinOps.Analytics.Samples.SamplesQuestion)] = "REST (samples.read): a key is a whole organisation's",
        [typeof(FinOps.Analytics.Unpriced.UnpricedQuestion)] = "Unpriced (prices.read), closed to who sees some teams alone",
        [typeof(TenantUsageQuestion)] = "the installation's console (installation.manage)",
    };

    /// <summary>Statements on tenants' tables that take no scope, with the reason.</summary>
    private static readonly Dictionary<Type, string> WithoutAScope = new()
    {
        [typeof(PendingCells)] = "which quarter hours are summed up: decides between roll-ups and raw rows, and is told to nobody who is limited",
        [typeof(SampledCells)] = "whether any trace of a time was sampled: decides what is read, and is told to nobody",
        [typeof(LatestCall)] = "asked for whole organisations alone",
        [typeof(CellsWithCalls)] = "where rows lie, so that a page reads few; the page itself has the scope",
        [typeof(ReportPlace)] = "finds the row; the dossier then looks at its team",
        [typeof(CallTrace)] = "spans of one trace; the dossier keeps those above calls that the reader may see",
        [typeof(IngestEventsByPeriod)] = "Ingest health",
        [typeof(QuarantinedSpanList)] = "Ingest health",
        [typeof(FinOps.Analytics.Quotas.KnownValues)] = "the front door: which values of tags it knows; shown to nobody",
        [typeof(FinOps.Analytics.Quotas.DistinctValues)] = "Settings (organisation.read), the installation's console and quotas.read: how many values, not which",
        [typeof(ClosedUntil)] = "up to where cells are closed, for retention",
        [typeof(RowsOfUser)] = "how many rows name a user who is to be erased (data.manage)",
        [typeof(DaysOfUser)] = "which days the erasure of a user sums up anew",
        [typeof(SampleTracesOfUser)] = "which traces' samples go with a user who is to be erased (data.manage); counts alone are shown",
        [typeof(FinOps.Analytics.Samples.SamplesOfCall)] = "closed to who sees some teams alone (samples.read)",
        [typeof(FinOps.Analytics.Samples.SamplePage)] = "REST (samples.read): a key is a whole organisation's",
        [typeof(FinOps.Analytics.Vectors.VectorMeters)] = "vector databases and storage (resources.read)",
        [typeof(FinOps.Analytics.Vectors.VectorParts)] = "vector databases and storage (resources.read)",
        [typeof(FinOps.Analytics.Vectors.VectorCourse)] = "vector databases and storage (resources.read)",
        [typeof(FinOps.Analytics.Vectors.VectorCosts)] = "vector databases and storage (resources.read)",
        [typeof(FinOps.Analytics.Gpus.GpuDevices)] = "GPUs (resources.read)",
        [typeof(FinOps.Analytics.Gpus.GpuCourse)] = "GPUs (resources.read)",
        [typeof(FinOps.Analytics.Gpus.GpuCosts)] = "GPUs (resources.read)",
        [typeof(FinOps.Analytics.Vectors.DataStoreCharges)] = "the FOCUS file's rows of vector databases and buckets, which a file of some teams has none of",
        [typeof(FinOps.Analytics.Gpus.GpuCharges)] = "the FOCUS file's rows of GPUs, which a file of some teams has none of",
        [typeof(FinOps.Analytics.Gpus.GpuServedTokens)] = "GPUs (resources.read)",
        [typeof(FinOps.Analytics.Bills.CorrectionsOfClose)] = "Bills (bills.read): closed months",
        [typeof(FinOps.Analytics.Bills.LinesOfClose)] = "the FOCUS file's rows of closed months, which a file of some teams has none of",
        [typeof(FinOps.Analytics.Bills.KnownLines)] = "the job that finds corrections of a closed month",
        [typeof(FinOps.Analytics.Bills.LastChange)] = "the job that closes a month, and Bills (bills.read): one instant",
        [typeof(FinOps.Analytics.Budgets.GpuSpend)] = "the job that evaluates budgets, and the preview of one (budgets.manage), closed to who sees some teams alone",
        [typeof(FinOps.Analytics.Budgets.DataStoreSpend)] = "the job that evaluates budgets, and the preview of one (budgets.manage), closed to who sees some teams alone",
        [typeof(FinOps.Analytics.Policies.TruncatedAnswers)] = "Policies (policies.read), closed to who sees some teams alone",
        [typeof(FinOps.Analytics.Policies.AnswersBefore)] = "Policies (policies.read), closed to who sees some teams alone",
        [typeof(FinOps.Analytics.Runaways.ArrivedCalls)] = "the job that watches an organisation's calls",
        [typeof(FinOps.Analytics.Runaways.OldArrivals)] = "the same job; a count",
        [typeof(FinOps.Analytics.Runaways.EvidenceOfScope)] = "the same job; what it tells stands on an alert (alerts.read), closed to who sees some teams alone",
        [typeof(FinOps.Analytics.Budgets.PeriodChanges)] = "the job that evaluates budgets; a count of writes",
        [typeof(FinOps.Analytics.Reratings.CellsToRerate)] = "the job that rates anew",
        [typeof(FinOps.Analytics.Reratings.RateableCalls)] = "the job that rates anew",
        [typeof(FinOps.Analytics.Reratings.MovedCalls)] = "the job that rates anew",
        [typeof(FinOps.Analytics.Reratings.ReratingDifferences)] = "Re-rating (prices.read), closed to who sees some teams alone",
        [typeof(FinOps.Analytics.Reratings.CostHistory)] = "of one call, found before within the scope (CallDossier)",
        [typeof(FinOps.Analytics.Unpriced.UnpricedGroups)] = "Unpriced (prices.read), closed to who sees some teams alone",
        [typeof(RowsBefore)] = "what a shorter retention would remove (data.manage); counts alone",
        [typeof(FinOps.Analytics.Budgets.SeenLeases)] = "what gateways spent of a budget, for their ledger (LeaseLedger.FindAsync is closed to who sees some teams alone)",
        [typeof(StoredRows)] = "the installation's console",
        [typeof(TableSizes)] = "the installation's console; no tenant's rows",
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Questions_AllTakeAScopeFirst()
    {
        var questions = typeof(SpendQuestion).Assembly.GetTypes().Where(type => type.IsPublic && !type.IsInterface && type.Name.EndsWith("Question", StringComparison.Ordinal)).ToList();

        Assert.Contains(typeof(SpendQuestion), questions);
        var without = questions.Where(type => type.GetConstructors().Any(constructor => constructor.GetParameters() is not [{ ParameterType: var first }, ..] || first != typeof(ReadScope)));
        Assert.Equal(OfWholeOrganisations.Keys.Select(type => type.Name).Order(StringComparer.Ordinal), without.Select(type => type.Name).Order(StringComparer.Ordinal));
    }

    /// <summary>One that forgets its reader's teams fails here until someone says why it may.</summary>
    [Fact]
    public void Statements_ThatAnswerPages_CarryTheScope()
    {
        var statements = typeof(SpendQuestion).Assembly.GetTypes()
            .Where(type => type is { IsInterface: false, IsAbstract: false } && type.IsAssignableTo(typeof(IClickHouseStatement)) && !type.IsAssignableTo(typeof(IInstallationWide)))
            .Where(type => type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IClickHouseQuestion<>)))
            // Jobs settle and sum up whole tenants.
            .Where(type => type.Namespace != typeof(FinOps.Analytics.Settlement.SettleTraces).Namespace && !type.Name.StartsWith("Rebuild", StringComparison.Ordinal));

        var without = statements.Where(type => !type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).SelectMany(constructor => constructor.GetParameters())
            .Any(parameter => parameter.ParameterType == typeof(ReadScope) || parameter.ParameterType == typeof(SpendSource) || parameter.ParameterType == typeof(CallsQuestion)));

        Assert.Equal(WithoutAScope.Keys.Select(type => type.Name).Order(StringComparer.Ordinal), without.Select(type => type.Name).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Spend_OfATeam_IsWhatItWouldBeWithoutTheOthers(bool rolledUp)
    {
        using var store = await clickHouse.CreateStoreAsync();
        var (shared, alone) = (SpendReaderTests.NewTenant(), SpendReaderTests.NewTenant());
        string[] teams = ["growth", "search", "", "it's \\ odd"];
        var calls = Enumerable.Range(0, 240).Select(i => new StoredCall(shared, Week.From.AddMinutes(i * 37))
        {
            Trace = new TraceId(1, (ulong)i),
            Team = teams[i % 4],
            Feature = $"f{i % 3}-{teams[i % 4]}",
            User = $"u{i % 5}-{teams[i % 4]}",
            Customer = $"c{i % 2}",
            Session = $"s{i % 9}",
            Cost = i + 1,
            Usage = new UsageVector { InputFresh = (uint)i },
        }).ToList();
        await StoredCalls.InsertAsync(store, [.. calls, .. calls.Where(call => call.Team is "growth" or "it's \\ odd").Select(call => call with { Tenant = alone })]);
        if (rolledUp) await StoredCalls.RollUpAsync(store, 1);
        var reader = new SpendReader(store);
        var (limited, whole) = (ReadScope.OfTeams(shared, ["it's \\ odd", "growth"]), ReadScope.Whole(alone));

        foreach (var filter in (SpendFilter[])[SpendFilter.None, SpendFilter.Where(Dimension.Feature, "f1-growth"), SpendFilter.None.AndNot(Dimension.Team, "growth"), SpendFilter.Where(Dimension.Session, "s4")])
        {
            // Which rows are read depends on the dimension and on the filter's: all of them once with none and once with one on teams, the others with some of each table.
            foreach (var dimension in filter.Conditions.Any(condition => condition.Dimension != Dimension.Team) ? (IEnumerable<Dimension>)[Dimension.Feature, Dimension.Team, Dimension.User, Dimension.Session] : Dimensions.Filterable)
            {
                Assert.Equal(await TopAsync(whole, dimension, filter), await TopAsync(limited, dimension, filter));
                Assert.Equal(await SplitAsync(whole, dimension, filter), await SplitAsync(limited, dimension, filter));
                Assert.Equal(await RowsAsync(whole, dimension, filter), await RowsAsync(limited, dimension, filter));
            }

            Assert.Equal(await reader.AskAsync(new TotalsQuestion(whole, Week.To) { Filter = filter }, Token), await reader.AskAsync(new TotalsQuestion(limited, Week.To) { Filter = filter }, Token));
            var (expected, covered) = (await reader.AskAsync(new CoverageQuestion(whole, Week) { Filter = filter }, Token), await reader.AskAsync(new CoverageQuestion(limited, Week) { Filter = filter }, Token));
            Assert.Equal((expected.Figures, string.Join(';', expected.Tags)), (covered.Figures, string.Join(';', covered.Tags)));
        }

        // No filter leads to another team, and the control: without the limit it does.
        foreach (var other in (string[])["search", ""])
        {
            var question = new SpendQuestion(limited, Week) { Filter = SpendFilter.Where(Dimension.Team, other) };
            Assert.Equal(default, await reader.SumAsync(question, Token));
            Assert.NotEqual(default, await reader.SumAsync(question with { Scope = ReadScope.Whole(shared) }, Token));
        }

        async Task<string> TopAsync(ReadScope scope, Dimension dimension, SpendFilter filter)
        {
            var top = await reader.AskAsync(new TopQuestion(scope, Week, dimension) { Filter = filter, Limit = 3 }, Token);
            return $"{string.Join(';', top.Members)} {top.Other} {top.OtherMembers}";
        }

        async Task<string> SplitAsync(ReadScope scope, Dimension dimension, SpendFilter filter) => string.Join(
            ';', (await reader.AskAsync(new SplitQuestion(scope, Week, dimension, Granularity.Day) { Filter = filter }, Token)).Series.Select(one => $"{one.Value} {string.Join(',', one.Figures)}"));

        async Task<string> RowsAsync(ReadScope scope, Dimension dimension, SpendFilter filter) => string.Join(
            ';', (await reader.AskAsync(new SpendQuestion(scope, Week) { GroupBy = [dimension], Filter = filter }, Token)).Rows.Select(row => $"{row.Period:O} {string.Join(',', row.Group)} {row.Figures}"));
    }

    [Fact]
    public async Task Calls_OfAnotherTeam_AreNeitherListedNorFoundByAnyId()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        var start = Instant("2026-11-20T10:00:00Z");
        // One trace that both teams share, below one request; the duplicate of the other team's call carries our team.
        var ours = new StoredCall(tenant, start) { Trace = new TraceId(5, 5), Span = 20, ParentSpan = 2, Team = "growth", Session = "s", ResponseId = "r-ours" };
        var theirs = new StoredCall(tenant, start.AddSeconds(1)) { Trace = new TraceId(5, 5), Span = 30, ParentSpan = 3, Team = "search", Session = "s", ResponseId = "r-theirs", Feature = "secret" };
        var duplicate = new StoredCall(tenant, start.AddSeconds(2)) { Trace = new TraceId(6, 6), Span = 40, Role = CallRole.Duplicate, CallOf = theirs.Id, Team = "growth" };
        await StoredCalls.InsertAsync(store, [ours, theirs, duplicate]);
        await StoredCalls.RunAsync(store, $"""
            INSERT INTO links (tenant_id, trace_id, span_id, parent_span_id, start_time, name) VALUES
            ('{tenant}', unhex('{ours.Trace}'), 1, 0, '2026-11-20 09:59:58', 'POST /checkout'), ('{tenant}', unhex('{ours.Trace}'), 2, 1, '2026-11-20 09:59:59', 'our step'),
            ('{tenant}', unhex('{ours.Trace}'), 3, 1, '2026-11-20 10:00:00', 'their step'), ('{tenant}', unhex('{ours.Trace}'), 4, 1, '2026-11-20 10:00:00', 'nobody''s step')
            """);
        var reader = new CallsReader(store, new EmptyBook(), new EmptyBook());
        var (limited, whole) = (ReadScope.OfTeams(tenant, ["growth"]), ReadScope.Whole(tenant));

        foreach (var question in (CallsQuestion[])
        [
            new(limited, Week), new(limited, Week) { Search = theirs.Trace.ToString() }, new(limited, Week) { Search = "s" }, new(limited, Week) { Filter = SpendFilter.None.AndNot(Dimension.Team, "other") },
        ])
        {
            Assert.Equal([ours.Id], (await reader.AskAsync(question, Token)).Calls.Select(call => call.Id));
            Assert.Equal([theirs.Id, ours.Id], (await reader.AskAsync(question with { Scope = whole }, Token)).Calls.Select(call => call.Id));
        }

        foreach (var search in (string[])[theirs.Id.ToString(), "r-theirs"])
        {
            Assert.Empty((await reader.AskAsync(new CallsQuestion(limited, Week) { Search = search }, Token)).Calls);
            Assert.Single((await reader.AskAsync(new CallsQuestion(whole, Week) { Search = search }, Token)).Calls);
        }

        foreach (var id in (CallId[])[theirs.Id, duplicate.Id])
        {
            Assert.Null(await reader.AskAsync(new CallQuestion(limited, id), Token));
            Assert.Equal("secret", (await reader.AskAsync(new CallQuestion(whole, id), Token))!.Call.Feature);
        }

        var detail = await reader.AskAsync(new CallQuestion(limited, ours.Id), Token);
        Assert.Equal(["POST /checkout", "our step", "chat"], detail!.Trace.Select(node => node.Name));
        Assert.Equal(6, (await reader.AskAsync(new CallQuestion(whole, ours.Id), Token))!.Trace.Count);
    }

    [Fact]
    public async Task Lag_OfATeam_SaysNothingOfWhenOthersCall()
    {
        using var store = await clickHouse.CreateStoreAsync();
        var tenant = SpendReaderTests.NewTenant();
        await StoredCalls.InsertAsync(store, [new StoredCall(tenant, Instant("2026-11-18T10:20:00Z")) { Team = "growth" }]);
        await StoredCalls.RollUpAsync(store, 1);
        await StoredCalls.InsertAsync(store, [new StoredCall(tenant, Instant("2026-11-20T10:00:00Z")) { Span = 2, Team = "search" }]);
        var reader = new SpendReader(store);

        var quiet = await reader.AskAsync(new DataLagQuestion(ReadScope.OfTeams(tenant, ["growth"])), Token);
        var live = await reader.AskAsync(new DataLagQuestion(ReadScope.OfTeams(tenant, ["search"])), Token);
        var never = await reader.AskAsync(new DataLagQuestion(ReadScope.OfTeams(tenant, ["none"])), Token);

        Assert.Equal(new DataLagAnswer(Instant("2026-11-18T10:15:00Z"), Instant("2026-11-18T10:15:00Z"), null, null), quiet);
        Assert.Equal(Instant("2026-11-20T10:00:00Z"), live.LastStartedAt);
        Assert.Null(live.PendingCells);
        Assert.Equal(new DataLagAnswer(null, null, null, null), never);
        Assert.Equal(1, (await reader.AskAsync(new DataLagQuestion(ReadScope.Whole(tenant)), Token)).PendingCells);
    }

    [Fact]
    public void Scope_OfNoTeam_CannotBeMade()
    {
        var tenant = SpendReaderTests.NewTenant();

        Assert.Throws<ArgumentException>(() => ReadScope.OfTeams(tenant, []));
        Assert.Throws<ArgumentException>(() => ReadScope.OfTeams(tenant, ["growth", ""]));
        Assert.False(ReadScope.OfTeams(tenant, ["growth"]).Includes(""));
        Assert.True(ReadScope.Whole(tenant).Includes(""));
        Assert.Equal(ReadScope.OfTeams(tenant, ["a", "b"]), ReadScope.OfTeams(tenant, ["b", "a", "b"]));
        Assert.NotEqual(ReadScope.OfTeams(tenant, ["a"]), ReadScope.Whole(tenant));
    }

    private sealed class EmptyBook : IPriceSource, IPriceHistory
    {
        public PriceSnapshot Current(TenantId tenant) => PriceSnapshot.Empty;

        public Task<PriceSnapshot> AsOfAsync(TenantId tenant, long bookVersion, CancellationToken cancellationToken) => Task.FromResult(PriceSnapshot.Empty);
    }
}
