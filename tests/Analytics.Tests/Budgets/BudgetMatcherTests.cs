using FinOps.Analytics.Budgets;
using FinOps.Domain.Usage;

namespace FinOps.Analytics.Tests.Budgets;

public sealed class BudgetMatcherTests
{
    [Fact]
    public void Find_AnyRow_IsWhatALookAtEachScopeFinds()
    {
        ScopeDimension[] dimensions = [ScopeDimension.Feature, ScopeDimension.User];
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            var scopes = Enumerable.Range(0, 30).Select(_ => SpendScope.Of(ScopeDimension.Feature, Values(3)).And(ScopeDimension.User, Values(9))).ToList();
            var matcher = new BudgetMatcher(dimensions, scopes);
            for (var row = 0; row < 30; row++)
            {
                string[] values = [$"{random.Next(3)}", $"{random.Next(9)}"];
                Assert.Equal(
                    Enumerable.Range(0, scopes.Count).Where(i => scopes[i].Parts[0].Values.Contains(values[0]) && scopes[i].Parts[1].Values.Contains(values[1])),
                    matcher.Find(values).Order());
            }

            string[] Values(int of) => [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{random.Next(of)}").Distinct()];
        }
    }
}
