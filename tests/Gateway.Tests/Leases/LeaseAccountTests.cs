using CsCheck;
using FinOps.Domain.Budgets;
using FinOps.Domain.Policies;
using FinOps.Domain.Policies.Control;
using FinOps.Gateway.Leases;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Tests.Leases;

public sealed class LeaseAccountTests
{
    private readonly TestClock _clock = new();
    private readonly LeaseAccount _account;
    private int _wanted;

    public LeaseAccountTests() => _account = New();

    private LeaseAccount New(decimal usd = 1m, int seconds = 60, int away = 900) => new(
        "month", new BudgetLimit { Action = BudgetAction.Block, Lease = new BudgetLease("b", usd) { Seconds = seconds, AwaySeconds = away } }, TimeSpan.FromMilliseconds(500), () => _wanted++, new GatewayCounters().Leases, _clock);

    private HoldOutcome Try(decimal usd, out HeldPart part)
    {
        part = new HeldPart(_account, usd, null);
        return _account.TryHold(usd, out _);
    }

    /// <summary>Waits for nothing: what it cannot have now, it does not have.</summary>
    private HoldOutcome Try(decimal usd)
    {
        var outcome = Try(usd, out var part);
        if (outcome == HoldOutcome.Wait) _account.Leave(usd);
        if (outcome == HoldOutcome.Held) _account.Release(part);
        return outcome;
    }

    private HeldPart Hold(decimal usd)
    {
        Assert.Equal(HoldOutcome.Held, Try(usd, out var part));
        return part;
    }

    private Guid Grant(decimal usd, int seconds = 60)
    {
        var id = Guid.NewGuid();
        _account.Take(new LeaseGrant(id, usd, seconds, 0));
        return id;
    }

    /// <summary>As for a first call, which finds nothing at hand.</summary>
    private Guid Begin(decimal usd = 1m, int seconds = 60)
    {
        Assert.Equal(HoldOutcome.Wait, Try(0.1m, out _));
        Assert.NotNull(_account.TakeAsk());
        _account.Leave(0.1m);
        return Grant(usd, seconds);
    }

    private List<LeaseWord> Words()
    {
        List<LeaseWord> words = [];
        _account.AddWords(words);
        return words;
    }

    private void Tell()
    {
        foreach (var word in Words()) _account.Told(word, WordOutcome.Taken);
    }

    [Fact]
    public void Call_IsHeldAtItsExpectation_AndChargedWhatItCost()
    {
        Begin();
        var part = Hold(0.4m);
        Assert.Equal((0.4m, 1m), (_account.Figures.Held, _account.Figures.Left));

        _account.Charge(part, 0.1m);
        Assert.Equal((0.3m, 0.9m), (_account.Figures.Held, _account.Figures.Left));
        // A second attempt costs too, and more than was expected of both.
        _account.Charge(part, 0.5m);
        _account.Release(part);

        Assert.Equal((0m, 0.4m, 0.6m), _account.Figures);
    }

    [Fact]
    public void Release_Twice_FreesOnce()
    {
        Begin();
        var (one, other) = (Hold(0.3m), Hold(0.3m));

        _account.Release(one);
        _account.Release(one);
        Assert.Equal(0.3m, _account.Figures.Held);
        // An answer that others still wait for ends after its first caller: its money is spent all the same.
        _account.Charge(one, 0.2m);
        _account.Release(one);
        _account.Release(other);

        Assert.Equal((0m, 0.8m, 0.2m), _account.Figures);
    }

    [Fact]
    public void Next_IsAskedForBeforeThePresentOneIsUsedUp_AndOnce()
    {
        Begin();
        _wanted = 0;
        Hold(0.6m);
        Assert.Equal((0, null), (_wanted, _account.TakeAsk()));
        Hold(0.2m);
        Assert.Equal(1, _wanted);
        Hold(0.1m);
        Assert.Equal(1, _wanted);

        Assert.Equal(new LeaseRequest("month", "b", 1m, 60), _account.TakeAsk()! with { RequestId = null });
        Assert.Null(_account.TakeAsk());
    }

    [Fact]
    public void WhoeverNeedsMoreThanALease_GetsAsManyParts()
    {
        Begin();
        Hold(0.9m);
        Assert.Equal(HoldOutcome.Wait, Try(4.5m, out _));

        Assert.Equal(6m, _account.TakeAsk()!.Usd);
        _account.Leave(4.5m);
        Grant(6m);

        Hold(4.5m);
    }

    [Fact]
    public void Lease_IsFollowedByTheNext_BeforeItsTimeIsOver_AndGivenBack()
    {
        var first = Begin();
        _account.Charge(Hold(0.1m), 0.1m);
        _clock.Pass(49);
        Assert.Null(_account.TakeAsk());
        Hold(0.1m);
        // Twelve seconds of sixty are left.
        Assert.NotNull(_account.TakeAsk());
        Grant(1m);

        var word = Words().Single(one => one.IsFinal);
        Assert.Equal(new LeaseSettlement(first, 0.1m, 0), word.Settlement);
        _account.Told(word, WordOutcome.Taken);
        Assert.Equal((0.1m, 1m), (_account.Figures.Held, _account.Figures.Left));
    }

    [Fact]
    public void Lease_ThatNobodyUses_EndsWithItsTime_AndIsGivenBack()
    {
        var lease = Begin();
        _account.Release(Hold(0.1m));
        _clock.Pass(61);
        Assert.Null(_account.TakeAsk());
        Assert.Equal(0m, _account.Figures.Left);

        // First it is found out whether the control plane is there.
        var asked = Assert.Single(Words());
        Assert.False(asked.IsFinal);
        _account.Told(asked, WordOutcome.Taken);
        var last = Assert.Single(Words());
        Assert.Equal((true, lease), (last.IsFinal, last.Settlement.LeaseId));
        _account.Told(last, WordOutcome.Taken);

        Assert.Empty(Words());
    }

    [Theory]
    [InlineData(-400)]
    [InlineData(400)]
    public void DateThatJumps_ChangesNothing(int days)
    {
        Begin();
        _clock.Date = _clock.Date.AddDays(days);
        Hold(0.5m);
        _clock.Pass(59);
        Hold(0.3m);

        _clock.Pass(1);

        Assert.Equal(0m, _account.Figures.Left - _account.Figures.Held + 0.8m);
        Assert.Equal(HoldOutcome.Wait, Try(0.1m));
    }

    [Fact]
    public void Away_TheLastLeaseGoesOn_WithinItsDollars_AndForTheNamedTime()
    {
        Begin();
        _clock.Pass(50);
        _account.Charge(Hold(0.2m), 0.2m);
        Assert.NotNull(_account.TakeAsk());
        _account.Take(null);
        _clock.Pass(800);
        StaysAway();

        Hold(0.5m);
        Assert.Equal(HoldOutcome.Away, Try(0.4m));
        _clock.Pass(108);
        StaysAway();
        Hold(0.1m);
        _clock.Pass(2);
        StaysAway();
        Assert.Equal(HoldOutcome.Away, Try(0.1m));
        _clock.Pass(1);

        // It is asked for again and again, and the next answer ends it. What is held back stays so, and what was spent is still told.
        Assert.NotNull(_account.TakeAsk());
        Grant(2m);
        Assert.Equal((0.6m, 2m), (_account.Figures.Held, _account.Figures.Left));
        Assert.Contains(Words(), word => word is { IsFinal: true, Settlement.SpentUsd: 0.2m });
    }

    /// <summary>Whoever comes after a while asks again, in vain.</summary>
    private void StaysAway()
    {
        Assert.Equal(HoldOutcome.Wait, Try(9m, out _));
        Assert.NotNull(_account.TakeAsk());
        _account.Take(null);
        _account.Leave(9m);
    }

    [Fact]
    public void LongCall_IsCoveredByTheNextLease()
    {
        Begin();
        var part = Hold(0.6m);
        _clock.Pass(49);
        Assert.NotNull(_account.TakeAsk());
        Grant(1m);
        Tell();
        _clock.Pass(12);

        Assert.Equal((0.6m, 1m), (_account.Figures.Held, _account.Figures.Left));
        _account.Charge(part, 0.6m);
        _account.Release(part);
        _clock.Pass(5);
        Assert.Equal(new decimal[] { 0.6m }, Words().Select(word => word.Settlement.SpentUsd));
    }

    [Fact]
    public void Away_FromTheStart_NothingIsHeld_AndItIsAskedForAgain()
    {
        Assert.Equal(HoldOutcome.Wait, Try(0.1m, out _));
        Assert.NotNull(_account.TakeAsk());
        _account.Take(null);
        _account.Leave(0.1m);

        Assert.Equal(HoldOutcome.Away, Try(0.1m));
        Assert.Null(_account.TakeAsk());
        _clock.Pass(0.2);
        Assert.NotNull(_account.TakeAsk());
        // While it is being asked again nobody waits for it.
        Assert.Equal(HoldOutcome.Away, Try(0.1m));
        Grant(1m);
        Hold(0.1m);
    }

    [Fact]
    public void AnswerThatTakesTooLong_IsNone_ForThoseWhoComeMeanwhile()
    {
        Assert.Equal(HoldOutcome.Wait, Try(0.1m, out _));
        Assert.NotNull(_account.TakeAsk());
        Assert.Equal(HoldOutcome.Wait, Try(0.1m));
        _clock.Pass(0.5);

        Assert.Equal(HoldOutcome.Away, Try(0.1m));
    }

    [Fact]
    public void Refusal_HoldsUntilTheControlPlaneSays_AndAMinuteAtMost()
    {
        Begin();
        Hold(1m);
        Assert.NotNull(_account.TakeAsk());
        _account.Take(new LeaseGrant(Guid.Empty, 0, 3_600, 0));

        Assert.Equal(HoldOutcome.Spent, Try(0.1m));
        // What costs nothing goes.
        Assert.Equal(HoldOutcome.Held, Try(0m));
        _clock.Pass(60.1);
        Assert.Equal(HoldOutcome.Wait, Try(0.1m));
    }

    [Fact]
    public void Refusal_WhileAllThatIsLeftIsHere_BlocksNobody_WhenItsTimeIsOver()
    {
        Begin();
        _clock.Pass(50);
        var part = Hold(0.1m);
        Assert.NotNull(_account.TakeAsk());
        _account.Take(new LeaseGrant(Guid.Empty, 0, 60, 0));
        Hold(0.2m);
        _clock.Pass(10.01);

        // The control plane is just taking it back: whoever comes now waits for that.
        Assert.Equal(HoldOutcome.Wait, Try(0.5m, out _));
        Assert.Null(_account.TakeAsk());
        _clock.Pass(0.05);
        Assert.NotNull(_account.TakeAsk());
        Grant(1m);
        Hold(0.5m);
        _account.Release(part);
    }

    [Fact]
    public void Rest_ThatIsTooLittleForWhoeverComes_GoesBack_SoThatOthersHaveIt()
    {
        Begin(0.5m);
        Assert.Equal(HoldOutcome.Wait, Try(0.6m, out _));
        Assert.NotNull(_account.TakeAsk());
        _account.Take(new LeaseGrant(Guid.Empty, 0, 30, 0));
        _account.Leave(0.6m);
        Assert.Equal(HoldOutcome.Spent, Try(0.6m));
        Assert.Equal(HoldOutcome.Held, Try(0.4m));
        _clock.Pass(4);
        Assert.DoesNotContain(Words(), word => word.IsFinal);
        _clock.Pass(2);

        _account.Told(Assert.Single(Words(), word => word.IsFinal), WordOutcome.Taken);

        // What went back can be asked for again.
        Assert.Equal(HoldOutcome.Wait, Try(0.4m));
    }

    [Fact]
    public void SpentWithoutALease_IsToldWithTheNextOne()
    {
        _account.Enter();
        var part = new HeldPart(_account, 0, null);
        _account.Charge(part, 0.3m);
        _account.Release(part);
        Assert.Equal((0.3m, 1), _account.Debt);

        var lease = Begin();

        Assert.Equal((default, 0.7m), (_account.Debt, _account.Figures.Left));
        _clock.Pass(5);
        Assert.Equal(new LeaseSettlement(lease, 0.3m, 1), Assert.Single(Words()).Settlement);
    }

    [Fact]
    public void Closed_GivesBackWhatIsLeft_WhenTheLastCallHasEnded()
    {
        var lease = Begin();
        var part = Hold(0.5m);
        _account.Close();

        Assert.Equal(HoldOutcome.Closed, Try(0.1m));
        Assert.DoesNotContain(Words(), word => word.IsFinal);
        _account.Charge(part, 0.4m);
        _account.Release(part);
        var last = Assert.Single(Words());
        Assert.Equal((true, new LeaseSettlement(lease, 0.4m, 1)), (last.IsFinal, last.Settlement));
        Assert.False(_account.IsDone);
        _account.Told(last, WordOutcome.Taken);
        Assert.True(_account.IsDone);
    }

    [Fact]
    public void Request_KeepsItsNameUntilItHasAnAnswer_AndTheNextOneHasAnother()
    {
        Assert.Equal(HoldOutcome.Wait, Try(0.1m, out _));
        var first = _account.TakeAsk()!;
        _account.Take(null);
        _clock.Pass(0.2);
        var again = _account.TakeAsk()!;
        Assert.NotNull(first.RequestId);
        Assert.Equal(first.RequestId, again.RequestId);
        _account.Leave(0.1m);
        Grant(1m);

        // A refusal is an answer, too.
        Hold(0.8m);
        var next = _account.TakeAsk()!;
        Assert.NotEqual(first.RequestId, next.RequestId);
        _account.Take(new LeaseGrant(Guid.Empty, 0, 1, 0));
        _clock.Pass(1.1);
        Assert.NotEqual(next.RequestId, _account.TakeAsk()!.RequestId);
    }

    [Fact]
    public void Closed_AsksOnceMoreForWhatWasNotAnswered_AndGivesItBack()
    {
        Assert.Equal(HoldOutcome.Wait, Try(0.1m, out _));
        var request = _account.TakeAsk()!;
        _account.Leave(0.1m);
        _account.Close();
        _account.Take(null);
        Assert.False(_account.IsDone);

        Assert.Equal(request.RequestId, _account.TakeAsk()!.RequestId);
        Assert.Null(_account.TakeAsk());
        var lease = Grant(1m);

        var last = Assert.Single(Words());
        Assert.Equal((true, new LeaseSettlement(lease, 0, 0)), (last.IsFinal, last.Settlement));
        _account.Told(last, WordOutcome.Taken);
        Assert.True(_account.IsDone);
    }

    [Fact]
    public void Closed_ThatIsNotAnsweredTheSecondTime_IsDone()
    {
        Assert.Equal(HoldOutcome.Wait, Try(0.1m, out _));
        Assert.NotNull(_account.TakeAsk());
        _account.Leave(0.1m);
        _account.Take(null);
        _account.Close();
        Assert.NotNull(_account.TakeAsk());
        _account.Take(null);

        Assert.Null(_account.TakeAsk());
        Assert.True(_account.IsDone);
    }

    /// <summary>What is left of its time comes in whole seconds, rounded down: the control plane takes it back up to a second later.</summary>
    [Fact]
    public void LeaseThatHadToBeAskedForAgain_IsTakenBackASecondLater()
    {
        Assert.Equal(HoldOutcome.Wait, Try(0.5m, out _));
        Assert.NotNull(_account.TakeAsk());
        _account.Take(null);
        _clock.Pass(0.2);
        Assert.NotNull(_account.TakeAsk());
        _account.Leave(0.5m);
        Grant(1m, seconds: 10);
        Hold(0.8m);
        Assert.NotNull(_account.TakeAsk());
        _account.Take(new LeaseGrant(Guid.Empty, 0, 60, 0));
        _clock.Pass(10.9);

        Assert.Equal(HoldOutcome.Wait, Try(0.5m, out _));
        Assert.Null(_account.TakeAsk());
        _clock.Pass(0.2);
        Assert.NotNull(_account.TakeAsk());
    }

    [Fact]
    public void Throttled_LetsAFewThrough()
    {
        var account = new LeaseAccount("m", new BudgetLimit { Action = BudgetAction.Throttle, ThrottledRequestsPerMinute = 2, Lease = new BudgetLease("b", 1) }, TimeSpan.FromMilliseconds(500), () => { }, new GatewayCounters().Leases, _clock);

        Assert.Equal([true, true, false], new[] { account.TryLetThrough(), account.TryLetThrough(), account.TryLetThrough() });
        _clock.Pass(60);
        Assert.True(account.TryLetThrough());
    }

    /// <summary>Whatever happens in whatever order: what was charged is told, to the last digit, when all calls have ended nothing is held, and of every grant, also of those whose answer was lost, the last word is said.</summary>
    [Fact]
    public void WhateverHappens_WhatWasChargedIsTold_AndNothingIsHeldInTheEnd() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 100]).Array[0, 200].Sample(steps =>
        {
            var test = new LeaseAccountTests();
            Dictionary<Guid, decimal> told = [];
            Dictionary<Guid, LeaseGrant> granted = [];
            HashSet<Guid> ended = [];
            Queue<HeldPart> parts = new();
            var charged = 0m;
            foreach (var (step, amount) in steps)
            {
                var usd = amount / 50m;
                switch (step)
                {
                    case 0 or 1 when test.Try(usd, out var part) is var outcome:
                        if (outcome == HoldOutcome.Held) parts.Enqueue(part);
                        else if (outcome == HoldOutcome.Wait) test._account.Leave(usd);
                        break;
                    case 2 when parts.TryPeek(out var charges):
                        test._account.Charge(charges, usd);
                        charged += usd;
                        break;
                    case 3 when parts.TryDequeue(out var done):
                        test._account.Release(done);
                        break;
                    case 4 when test._account.TakeAsk() is { } ask:
                        var answer = Answer(ask, amount);
                        test._account.Take(amount % 3 == 0 ? null : answer);
                        break;
                    case 5:
                        test._clock.Pass(amount / 4.0);
                        break;
                    default:
                        foreach (var word in test.Words()) Say(word, amount % 2 == 0 ? WordOutcome.Taken : WordOutcome.NoAnswer);
                        break;
                }
            }

            while (parts.TryDequeue(out var part)) test._account.Release(part);
            Assert.Equal(0m, test._account.Figures.Held);
            test._account.Close();
            if (test._account.TakeAsk() is { } last) test._account.Take(Answer(last, 1));
            test._account.GiveBack();
            var owed = test._account.Debt.Usd;
            foreach (var word in test.Words()) Say(word, WordOutcome.Taken);
            Assert.True(test._account.IsDone);
            Assert.Equal(charged, told.Values.Sum() + owed);
            Assert.All(granted.Values.Where(grant => grant.Usd > 0), grant => Assert.Contains(grant.LeaseId, ended));

            // What was granted for a request is granted once. Refusals are no grants.
            LeaseGrant Answer(LeaseRequest request, int amount)
            {
                if (granted.TryGetValue(request.RequestId!.Value, out var before)) return before;
                var grant = new LeaseGrant(Guid.NewGuid(), amount % 3 == 1 ? 0 : request.Usd, 1 + (amount % 60), 0);
                return grant.Usd == 0 ? grant : granted[request.RequestId.Value] = grant;
            }

            void Say(LeaseWord word, WordOutcome outcome)
            {
                // An answer that is lost was heard all the same.
                told[word.Settlement.LeaseId] = word.Settlement.SpentUsd;
                if (word.IsFinal && outcome == WordOutcome.Taken) ended.Add(word.Settlement.LeaseId);
                test._account.Told(word, outcome);
            }
        }, iter: 300);
}
