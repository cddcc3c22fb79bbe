using FinOps.Domain.Policies.Control;
using FinOps.Gateway.Policies;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Leases;

/// <summary>
/// Asks for leases before they are needed, tells what was spent of them, and gives back what is old: beside the calls, which wait for it only where no money is at hand. What cannot be told is kept, on disk too, and told later.
/// </summary>
internal sealed class FollowLeases(LeaseBook book, LeaseDesk desk, PolicyState policies, LeaseFile file, LeaseCounters counters)
{
    /// <summary>Words of leases that wait from before a restart. Default 1,000; further ones are dropped and counted.</summary>
    public const int MaxKept = 1_000;

    /// <summary>How often accounts are looked at that ask for nothing: leases that end, and a control plane that may be back.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>How often it is looked what is to be told.</summary>
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(1);

    /// <summary>For the last questions and words, all together; what is not told then stays on disk.</summary>
    private static readonly TimeSpan LastWordsTimeout = TimeSpan.FromSeconds(3);

    private readonly List<LeaseSettlement> _kept = [];
    private KeptWords _saved = KeptWords.None;

    /// <summary>The word before was not answered.</summary>
    private bool _isBehind;

    /// <summary>Before the first call.</summary>
    public void Load()
    {
        var kept = file.Load();
        _kept.AddRange(kept.Words.Take(MaxKept));
        foreach (var _ in kept.Words.Skip(MaxKept)) counters.CountDropped("limit");
        foreach (var debt in kept.Debts) book.Owe(debt.PolicyId, debt.BudgetId, debt.Usd, debt.Calls);
        _saved = kept;
    }

    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(AskAsync(cancellationToken), TellAsync(cancellationToken));

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        List<Task> asking = [];
        try
        {
            while (true)
            {
                await book.WaitAsync(book.IsEmpty ? Timeout.InfiniteTimeSpan : LookEvery, cancellationToken);
                book.Obey(policies.Current);
                foreach (var account in book.All())
                    if (account.TakeAsk() is { } request) asking.Add(AskAsync(account, request, cancellationToken));
                asking.RemoveAll(static task => task.IsCompleted);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end: what is being asked is answered, or given up, first.
            await Task.WhenAll(asking);
        }
    }

    private async Task AskAsync(LeaseAccount account, LeaseRequest request, CancellationToken cancellationToken) => account.Take(await desk.ReserveAsync(request, cancellationToken));

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TellEvery);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                var accounts = book.All();
                await TellAllAsync(accounts, cancellationToken);
                // What is kept is written through to the disk.
                await EventLoop.Leave();
                Keep(accounts);
                Show(accounts);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end: GiveBackAsync says the last words.
        }
    }

    /// <summary>Until somebody does not answer: then the rest waits.</summary>
    private async Task TellAllAsync(List<LeaseAccount> accounts, CancellationToken cancellationToken)
    {
        List<LeaseWord> words = [];
        while (_kept.Count > 0)
        {
            var outcome = await desk.TellAsync(_kept[0], isFinal: true, cancellationToken);
            _isBehind = outcome == WordOutcome.NoAnswer;
            if (_isBehind) return;
            if (outcome == WordOutcome.Unknown) counters.CountDropped("unknown");
            _kept.RemoveAt(0);
        }

        foreach (var account in accounts)
        {
            words.Clear();
            account.AddWords(words);
            foreach (var word in words)
            {
                var outcome = await desk.TellAsync(word.Settlement, word.IsFinal, cancellationToken);
                account.Told(word, outcome);
                _isBehind = outcome == WordOutcome.NoAnswer;
                if (_isBehind) return;
            }
        }
    }

    private void Show(List<LeaseAccount> accounts)
    {
        decimal held = 0, left = 0, untold = _kept.Sum(word => word.SpentUsd);
        foreach (var account in accounts)
        {
            var figures = account.Figures;
            (held, left, untold) = (held + figures.Held, left + figures.Left, untold + figures.Untold);
        }

        counters.Show(held, left, untold);
    }

    /// <summary>On disk, where somebody does not answer, or there is nobody to tell it to yet. Written where it has changed.</summary>
    private void Keep(List<LeaseAccount> accounts)
    {
        List<LeaseSettlement> words = [.. _kept];
        if (_isBehind) foreach (var account in accounts) account.AddUntold(words);
        var kept = new KeptWords(words, [.. book.Debts().Select(debt => new KeptDebt(debt.PolicyId, debt.BudgetId, debt.Usd, debt.Calls))]);
        if (kept.Words.SequenceEqual(_saved.Words) && kept.Debts.SequenceEqual(_saved.Debts)) return;
        if (file.Save(kept)) _saved = kept;
        else counters.CountDropped("disk");
    }

    /// <summary>When nothing is in flight any more: everything goes back, and what cannot be told stays on disk.</summary>
    public async Task GiveBackAsync()
    {
        using var end = new CancellationTokenSource(LastWordsTimeout);
        var accounts = book.All();
        foreach (var account in accounts)
        {
            account.Close();
            // What may have been granted is held for nobody: first it is heard of.
            if (account.TakeAsk() is { } request) await AskAsync(account, request, end.Token);
        }

        foreach (var account in accounts) account.GiveBack();
        await TellAllAsync(accounts, end.Token);
        Keep(accounts);
    }
}
