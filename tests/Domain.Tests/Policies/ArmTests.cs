using CsCheck;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;

namespace FinOps.Domain.Tests.Policies;

/// <summary>Arms are uniform, stable, monotone, and those of two policies have nothing to do with each other.</summary>
public sealed class ArmTests
{
    private const int Units = 20_000;

    private static readonly Gen<(string Policy, string Salt)> Policies = Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 20], Gen.String[Gen.Char.AlphaNumeric, 0, 10]);

    [Fact]
    public void Shares_OfManyUnits_AreAsPlanned() =>
        Assert.All(Same(Gen.Select(Policies, Gen.Int[0, ArmPlan.MaxHoldout], Gen.Int[1, ArmPlan.Whole]), 30), one =>
        {
            var (policy, holdout, canary) = one;
            var plan = new ArmPlan { Holdout = holdout, Canary = canary };
            var arms = Arms(policy, plan).GroupBy(arm => arm).ToDictionary(group => group.Key, group => group.Count());
            var treated = Math.Min(canary, ArmPlan.Whole - holdout);
            Assert.True(IsNear(arms.GetValueOrDefault(Arm.Control), holdout) && IsNear(arms.GetValueOrDefault(Arm.Treatment), treated));
        });

    [Fact]
    public void Arms_WhenTheCanaryGrows_MoveNobodyWhoIsInOne() =>
        Gen.Select(Policies, Gen.Int[0, ArmPlan.MaxHoldout], Gen.Int[1, ArmPlan.Whole], Gen.Int[1, ArmPlan.Whole]).Sample(
            (policy, holdout, one, other) =>
            {
                var before = Arms(policy, new ArmPlan { Holdout = holdout, Canary = Math.Min(one, other) }, 500);
                var after = Arms(policy, new ArmPlan { Holdout = holdout, Canary = Math.Max(one, other) }, 500);
                return before.Zip(after).All(pair => pair.First == pair.Second || pair is (Arm.Outside, Arm.Treatment));
            },
            iter: 100, threads: 1);

    [Fact]
    public void Arms_OfTwoPolicies_AreIndependent() =>
        Assert.All(Same(Gen.Select(Policies, Policies).Where((one, other) => one != other), 20), two =>
        {
            var half = new ArmPlan { Holdout = ArmPlan.MaxHoldout };
            var both = Arms(two.Item1, half).Zip(Arms(two.Item2, half)).Count(pair => pair is (Arm.Control, Arm.Control));
            Assert.True(IsNear(both, ArmPlan.Whole / 4));
        });

    [Theory]
    [InlineData("summaries-cap", "", UnitSource.Session, "s-1", 0xB924920F8660609Bul)]
    [InlineData("summaries-cap", "", UnitSource.User, "s-1", 0xF12E0C36D4B8EC63ul)]
    [InlineData("summaries-cap", "2", UnitSource.Session, "s-1", 0x60521428BF42D9F2ul)]
    [InlineData("summaries-cap", "", UnitSource.Session, "sitzung-äöü-🙂", 0x61FD71F6DEE077Ful)]
    public void Point_OfAUnit_IsTheSameInEveryRelease(string policy, string salt, UnitSource source, string unit, ulong expected) =>
        Assert.Equal(expected, ArmHash.For(policy, salt).Point(source, unit));

    [Fact]
    public void Point_OfALongUnit_IsHashedWhole()
    {
        var hash = ArmHash.For("p", "");
        var unit = new string('é', 5_000);

        Assert.NotEqual(hash.Point(UnitSource.User, unit), hash.Point(UnitSource.User, unit + "x"));
        Assert.Equal(hash.Point(UnitSource.User, unit), hash.Point(UnitSource.User, new string('é', 5_000)));
    }

    [Fact]
    public void ArmOf_ARequestWithoutItsUnit_FollowsWhatIsNamed()
    {
        var facts = new RequestFacts { KeyId = "key-1" };
        Assert.Equal(Arm.Treatment, Compiled(new ArmPlan { Holdout = 5_000, Unknown = UnknownUnit.Treated }).ArmOf(in facts));
        Assert.Equal(Arm.Control, Compiled(new ArmPlan { Holdout = 0, Unknown = UnknownUnit.Control }).ArmOf(in facts));
        var byKey = Compiled(new ArmPlan { Holdout = 5_000, Unknown = UnknownUnit.Key });
        var arms = Enumerable.Range(0, 200).Select(number => byKey.ArmOf(new RequestFacts { KeyId = $"key-{number}" })).ToList();
        Assert.InRange(arms.Count(arm => arm == Arm.Control), 70, 130);
        Assert.Equal(arms, Enumerable.Range(0, 200).Select(number => byKey.ArmOf(new RequestFacts { KeyId = $"key-{number}" })));
    }

    [Fact]
    public void ArmOf_ASessionAndAUser_GoesByThePlansUnit()
    {
        var bySession = Compiled(new ArmPlan { Holdout = 5_000, Unit = ArmUnit.Session });
        var byUser = Compiled(new ArmPlan { Holdout = 5_000, Unit = ArmUnit.User });

        Assert.Equal(2, Enumerable.Range(0, 100).Select(number => bySession.ArmOf(Facts($"s{number}", "u"))).Distinct().Count());
        Assert.Single(Enumerable.Range(0, 100).Select(number => byUser.ArmOf(Facts($"s{number}", "u"))).Distinct());
    }

    [Fact]
    public void Pick_OfWeightedTargets_FollowsTheWeightsAndTheSession()
    {
        var choice = new RouteChoice(1, [new PolicyTarget("", "a", 95), new PolicyTarget("", "b", 5)]);
        var policy = Compiled(ArmPlan.Everyone, new Route { Rules = [new RouteRule(PolicyMatch.Everything, choice)] });
        string ModelOf(int session) => choice.Pick(policy.TargetPoint(Facts($"s{session}", ""), chance: 0)).Model;

        Assert.InRange(Enumerable.Range(0, 10_000).Count(session => ModelOf(session) == "b"), 400, 600);
        Assert.All(Enumerable.Range(0, 100), session => Assert.Equal(ModelOf(session), ModelOf(session)));
        Assert.Equal("a", choice.Pick(0).Model);
        Assert.Equal("b", choice.Pick(ulong.MaxValue).Model);
    }

    private static RequestFacts Facts(string session, string user)
    {
        var facts = default(RequestFacts);
        facts.Tags.Set(Tag.Session, session, TagLevel.Span);
        facts.Tags.Set(Tag.User, user, TagLevel.Span);
        return facts;
    }

    private static CompiledPolicy Compiled(ArmPlan arms, PolicyBody? body = null) =>
        Assert.Single(PolicySnapshot.Create(new PolicyBundle
        {
            Policies = [new Policy { Id = "p", Name = "P", Match = PolicyMatch.Everything, Arms = arms, Body = body ?? new OutputLimit(1) }],
        }).Policies);

    private static IEnumerable<Arm> Arms((string Policy, string Salt) policy, ArmPlan plan, int units = Units)
    {
        var hash = ArmHash.For(policy.Policy, policy.Salt);
        return Enumerable.Range(0, units).Select(unit => plan.At(hash.Point(UnitSource.Session, $"session-{unit}")));
    }

    /// <summary>Alike in each run: among ever new ones some would once be further from what is expected than <see cref="IsNear"/> allows.</summary>
    private static IEnumerable<T> Same<T>(Gen<T> gen, int count)
    {
        var random = new PCG(1, 7);
        for (var i = 0; i < count; i++) yield return gen.Generate(random, null, out _);
    }

    /// <summary>Within five standard deviations of a share in basis points.</summary>
    private static bool IsNear(int count, int basisPoints)
    {
        var share = basisPoints / (double)ArmPlan.Whole;
        return Math.Abs(count - (share * Units)) <= (5 * Math.Sqrt(Units * share * (1 - share))) + 1;
    }
}
