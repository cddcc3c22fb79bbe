using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;
using FinOps.Web.Features.Policies;

namespace FinOps.Web.Tests.Features;

/// <summary>What is typed becomes a policy, or is named with its place.</summary>
public sealed class PolicyFormTests
{
    [Fact]
    public void Fields_OfEachKind_MakeAPolicy()
    {
        var limit = Read(new PolicyForm { Name = "Cap: Summaries!", Features = "summaries, digests", Models = "gpt-4*", Holdout = "2.5", Unit = "user" });
        Assert.Equal(("cap-summaries", new OutputLimit(400)), (limit.Id, limit.Body));
        Assert.Equal(["summaries", "digests"], limit.Match.Features);
        Assert.Equal((ArmUnit.User, 250), (limit.Arms.Unit, limit.Arms.Holdout));

        var cache = Read(new PolicyForm { Kind = PolicyKind.ExactCache, Name = "Keep", Scope = "tenant", Holdout = "0", DryRun = true });
        Assert.Equal((new ExactCache(3600) { Scope = SharingScope.Tenant }, true, true), (cache.Body, cache.DryRun, cache.Match.All));

        var route = (Route)Read(new PolicyForm { Kind = PolicyKind.Route, Name = "Small first", Targets = "openai/gpt-5-mini 95\n openai/gpt-5-nano 5\n", Strong = "openai/gpt-5.5", Threshold = "0.6" }).Body;
        Assert.Equal([new PolicyTarget("openai", "gpt-5-mini", 95), new PolicyTarget("openai", "gpt-5-nano", 5)], route.Classifier!.Weak.Targets);
        Assert.Equal((0.6, "gpt-5.5"), (route.Classifier.Threshold, route.Classifier.Strong.Targets[0].Model));
        Assert.Equal("vllm", Assert.Single(((Route)Read(new PolicyForm { Kind = PolicyKind.Route, Name = "All", Targets = "vllm/meta/llama" }).Body).Rules).Choice.Targets[0].Provider);

        var chain = (Fallback)Read(new PolicyForm { Kind = PolicyKind.Fallback, Name = "Else", Targets = "azure/gpt-4o\ngpt-4o-mini" }).Body;
        Assert.Equal([new PolicyTarget("azure", "gpt-4o"), new PolicyTarget("", "gpt-4o-mini")], chain.Chain);

        var budget = Read(new PolicyForm { Kind = PolicyKind.Budget, Name = "Team", Teams = "search", UsdPerMinute = "2.50", Action = "downgrade", DowngradeTo = "openai/gpt-4o-mini", Holdout = "5" });
        Assert.True(budget.Arms.IsEveryone);
        Assert.Equal((BudgetAction.Downgrade, 2.5m, "gpt-4o-mini"), (((BudgetLimit)budget.Body).Action, ((BudgetLimit)budget.Body).UsdPerMinute, ((BudgetLimit)budget.Body).DowngradeTo!.Model));
    }

    [Fact]
    public void Enforcing_ABudget_IsALeaseOfItsCalls_ForTheActionThatItAsksFor()
    {
        var budget = new Budget(Guid.NewGuid(), "RAG in production", 500) { Scope = SpendScope.Of(ScopeDimension.Feature, "rag", "chat").And(ScopeDimension.User, "ann").And(ScopeDimension.Provider, "openai") };
        var form = PolicyForm.Enforcing(budget, BudgetAction.Block);
        var policy = Read(form);
        var limit = (BudgetLimit)policy.Body;

        Assert.Null(form.Document);
        Assert.Equal(("rag-in-production-block", 3, BudgetAction.Block), (policy.Id, policy.Match.Parts, limit.Action));
        Assert.Equal(["ann"], policy.Match.Users);
        Assert.Equal(new BudgetLease(budget.Id.ToString(), 5) { Seconds = 60, AwaySeconds = 900, WhenAway = AwayMode.Open }, limit.Lease);

        // Where a downgrade leads to, a person says.
        var downgrade = PolicyForm.Enforcing(budget with { Scope = SpendScope.Everything }, BudgetAction.Downgrade);
        Assert.NotEmpty(downgrade.Read().Errors);
        downgrade.DowngradeTo = "openai/gpt-4o-mini";
        Assert.True(Read(downgrade).Match.All);

        // What commas would take apart is written as a document.
        var odd = PolicyForm.Enforcing(budget with { Scope = SpendScope.Of(ScopeDimension.Team, "a, b", "") }, BudgetAction.Throttle);
        Assert.NotNull(odd.Document);
        Assert.Equal(["a, b", ""], Read(odd).Match.Teams);

        // Another kind is for the same calls and leases nothing; a lease is named where it is wrong.
        form.Kind = PolicyKind.OutputLimit;
        Assert.Equal(["ann"], Read(form).Match.Users);
        Assert.Equal(new OutputLimit(400), Read(form).Body);
        Assert.Contains(new PolicyForm { Kind = PolicyKind.Budget, Name = "b", Budget = budget.Id.ToString(), LeaseSeconds = "soon" }.Read().Errors, error => error.Path == "$.body.lease.seconds");
    }

    [Theory]
    [InlineData("", "400", "5", "$.id")]
    [InlineData("Cap", "many", "5", "$.body.max_tokens")]
    [InlineData("Cap", "0", "5", "$.body.max_tokens")]
    [InlineData("Cap", "400", "80", "$.arms.holdout")]
    [InlineData("Cap", "400", "half", "$.arms.holdout")]
    public void Fields_ThatAreWrong_AreNamed(string name, string tokens, string holdout, string path) =>
        Assert.Contains(new PolicyForm { Name = name, MaxTokens = tokens, Holdout = holdout }.Read().Errors, error => error.Path == path);

    [Fact]
    public void Document_OfAPolicy_IsReadAsItStands()
    {
        var form = PolicyForm.Of("""{"id":"p","name":"P","kind":"coalesce","match":{"all":true},"body":{}}""", PolicyKind.Coalesce);

        Assert.Equal(new Coalesce(), Read(form).Body);
        Assert.NotEmpty(PolicyForm.Of("{", PolicyKind.Coalesce).Read().Errors);
    }

    /// <summary>In fields and out again, each document says the same, whatever of it no field shows.</summary>
    [Theory]
    [InlineData("""{"kind":"output_limit","match":{"feature":["a",""],"session":true,"model":"gpt-4*"},"arms":{"unit":"user","unknown":"control","holdout":525,"canary":2500,"salt":"s"},"body":{"max_tokens":400,"mode":"lower"},"priority":-5,"enabled":false}""", "arms.salt,enabled,match.feature,match.session")]
    [InlineData("""{"kind":"exact_cache","match":{"all":true},"dry_run":true,"body":{"ttl_seconds":60,"max_entry_bytes":1000,"scope":"tenant"}}""", "")]
    [InlineData("""{"kind":"embedding_cache","match":{"operation":"embeddings"},"body":{"ttl_seconds":60}}""", "")]
    [InlineData("""{"kind":"coalesce","match":{"key":["k1","k2"],"prompt_bytes":{"max":65536},"streaming":false},"body":{"scope":"key","max_waiters":7}}""", "match.streaming")]
    [InlineData("""{"kind":"route","match":{"team":"t"},"body":{"sticky_seconds":0,"rules":[{"when":{"task":["intent","rag"],"prompt_bytes":{"min":5}},"tier":1,"targets":[{"provider":"openai","model":"a","weight":95},{"model":"x/y","weight":5}]},{"when":{"user":"u"},"tier":1,"answer":"Hello, you."},{"tier":3,"targets":[{"provider":"vllm"}]}]}}""", "body.rules[1].when.user")]
    [InlineData("""{"kind":"route","match":{"all":true},"body":{"rules":[{"when":{"feature":"f"},"tier":2,"targets":[{"model":"m"}]}],"classifier":{"threshold":0.25,"weak":{"tier":2,"targets":[{"provider":"p","model":"m"}]},"strong":{"tier":3,"targets":[{"provider":"p","model":"n"}]}}}}""", "")]
    [InlineData("""{"kind":"route","match":{"all":true},"body":{"classifier":{"threshold":0.25,"weak":{"tier":1,"answer":"No."},"strong":{"tier":3,"targets":[{"provider":"p","model":"n"}]}}}}""", "body.classifier")]
    [InlineData("""{"kind":"fallback","match":{"provider":"openai"},"body":{"on":["money","invalid_output"],"retries":0,"chain":[{"provider":"azure"},{"provider":"openai","model":"gpt-4o-mini"}]}}""", "")]
    [InlineData("""{"kind":"budget","match":{"customer":"c"},"body":{"action":"throttle","requests_per_minute":10,"usd_per_minute":2.5,"throttled_requests_per_minute":9,"lease":{"budget":"b","usd":1,"seconds":60}}}""", "")]
    [InlineData("""{"kind":"budget","match":{"all":true},"body":{"action":"block","kill":true}}""", "")]
    [InlineData("""{"kind":"budget","match":{"service":"s"},"body":{"action":"downgrade","tokens_per_minute":10,"downgrade_to":{"model":"small"}}}""", "")]
    public void Document_InFieldsAndOutAgain_SaysTheSame(string parts, string kept)
    {
        var document = $$"""{"id":"given-id","name":"N","version":3,{{parts[1..]}}""";
        var form = PolicyForm.Of(document, PolicyKind.Budget);

        Assert.Null(form.Document);
        Assert.Equal(kept, string.Join(',', form.Kept));
        Assert.Equal(Written(document), Written(form.ToDocument()));
        Assert.Equal(Written(document), Written(PolicyForm.OfDocument(form.ToDocument())!.ToDocument()));

        static string Written(string text)
        {
            var (policy, errors) = PolicyBundleReader.ReadPolicy(System.Text.Encoding.UTF8.GetBytes(text));
            Assert.Empty(errors);
            return System.Text.Encoding.UTF8.GetString(PolicyBundleWriter.Write(policy! with { Version = 1 }));
        }
    }

    [Fact]
    public void AnotherKind_LeavesBehindWhatItsBodyKept()
    {
        var form = PolicyForm.OfDocument("""{"id":"p","name":"P","kind":"route","match":{"all":true},"body":{"classifier":{"threshold":0.25,"weak":{"tier":1,"answer":"No."},"strong":{"tier":3,"targets":[{"model":"n"}]}}}}""")!;
        Assert.Equal(["body.classifier"], form.Kept);
        form.Kind = PolicyKind.OutputLimit;

        Assert.Empty(form.Kept);
        Assert.Equal(new OutputLimit(400), Read(form).Body);
    }

    [Theory]
    [InlineData("", "a\nb", "+a +b")]
    [InlineData("a\nb\nc", "a\nc", " a -b  c")]
    [InlineData("a\nb", "a\nx\nb", " a +x  b")]
    [InlineData("a\nb", "a\nc", " a -b +c")]
    [InlineData("a", "a", " a")]
    public void Difference_OfTwoTexts_KeepsWhatStayed(string before, string after, string expected) => Assert.Equal(
        expected, string.Join(' ', LineDifference.Of(before, after).Select(line => (line.Change switch { LineChange.Added => '+', LineChange.Removed => '-', _ => ' ' }) + line.Line)));

    private static Policy Read(PolicyForm form)
    {
        var (policy, errors) = form.Read();
        Assert.Empty(errors);
        return policy!;
    }
}
