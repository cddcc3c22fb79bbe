using FinOps.Domain.Runaway;
using static FinOps.Bench.Runaway.Traffic;
using static FinOps.Domain.Runaway.RunawayDimension;
using static FinOps.Domain.Runaway.RunawayKind;

namespace FinOps.Bench.Runaway;

/// <summary>
/// What companies have told of runaway jobs, and what looks like one and is none; each beside an office of thirty people at work. Made by hand: they say what the detector is meant to tell apart, not how often each happens.
/// </summary>
internal static class Scenarios
{
    private static readonly RunawayCall Agent = Call with { Key = "agents", Feature = "research", User = "user-3", Session = "run-1", Cost = 0.05m, InputTokens = 6_000, OutputTokens = 400 };
    private static readonly RunawayCall Job = Call with { Key = "jobs", Feature = "summaries", User = "", Session = "" };

    public static readonly Scenario[] All =
    [
        // Loops.
        new("an agent asks the same every 5 seconds", Loop, t => t.Office().Then(60, 5, _ => Agent with { InputHash = 7 })),
        new("an agent asks the same every 25 seconds", Loop, t => t.Office().Then(20, 25, _ => Agent with { InputHash = 7 })),
        new("a script without a session asks the same every second", Loop, t => t.Office().Then(300, 1, _ => Agent with { Session = "", Duration = TimeSpan.FromSeconds(0.8), InputHash = 7 })),
        new("two prompts in turn", Loop, t => t.Office().Then(80, 4, i => Agent with { InputHash = 7 + (ulong)(i % 2) })),
        new("three prompts in turn", Loop, t => t.Office().Then(80, 4, i => Agent with { InputHash = 7 + (ulong)(i % 3) })),
        new("a webhook that sets itself off, each time as a new session", Loop, t => t.Office().Then(60, 5, i => Job with { Feature = "webhooks", Session = $"hook-{i}", InputHash = 7 })),
        new("a job that knows neither user nor session", Loop, t => t.Office().Then(60, 8, _ => Call with { Key = "jobs", Feature = "", InputHash = 7 })),
        new("the same ten chunks are embedded again and again", Loop, t => t.Office().Knows(Key, "embed", 0.05m, 300, 150_000)
            .Then(1_500, 0.2, i => Call with { Key = "embed", Feature = "", Cost = 0.0001m, InputTokens = 500, OutputTokens = 0, Duration = TimeSpan.FromSeconds(0.15), InputHash = 7 + (ulong)(i % 10) })),
        new("a client asks again when its stream breaks", Loop, t => t.Office().Then(100, 2, _ => Agent with { Duration = TimeSpan.FromSeconds(1.5), OutputTokens = 40, InputHash = 7 })),
        new("an agent loops among many that work", Loop, t => t.Office(2).Then(60, 6, i => Agent with { User = "user-9", Session = $"run-{i % 7}", InputHash = t.New() }).Then(60, 5, _ => Agent with { Session = "stuck", InputHash = 7 })),
        // Stuck sessions.
        new("a context that grows by the same error each time", Stuck, t => t.Office().Then(40, 8, i => Agent with { InputTokens = 4_000 + (i * 900), OutputTokens = 150, InputHash = t.New() })),
        new("a coding agent reads the same file again and again", Stuck, t => t.Office().Then(40, 10, i => Agent with { InputTokens = 20_000 + (i * 4_000), OutputTokens = t.About(120, 0.03), InputHash = t.New() })),
        new("a stuck agent whose inputs are not hashed", Stuck, t => t.Office().Then(40, 12, i => Agent with { InputTokens = 3_000 + (i * 700), OutputTokens = t.About(90, 0.04) })),
        new("a stuck agent without a user", Stuck, t => t.Office().Then(40, 6, i => Agent with { User = "", InputTokens = 9_000 + (i * 1_500), OutputTokens = 60, InputHash = t.New() })),
        // Retry storms.
        new("ten retries a second after 429", RetryStorm, t => t.Office().Then(2_000, 0.1, _ => Job with { Failed = true, Cost = 0, OutputTokens = 0, Duration = TimeSpan.FromSeconds(0.05), InputHash = 7 })),
        new("a queue is retried without a pause", RetryStorm, t => t.Office().Then(300, 1, i => Job with { Failed = true, Cost = 0, OutputTokens = 0, InputHash = (ulong)(100 + (i % 40)) })),
        new("every browser retries after an update", RetryStorm, t => t.Office().Then(1_200, 0.25, i => Call with { User = $"user-{i % 30}", Session = $"chat-{i % 30}", Failed = true, Cost = 0, OutputTokens = 0, InputHash = (ulong)(100 + (i % 30)) })),
        new("three of five attempts fail and are billed", RetryStorm, t => t.Office().Then(300, 1, i => Job with { Failed = i % 5 < 3, Cost = 0.02m, InputHash = (ulong)(100 + (i % 50)) })),
        new("time-outs that are billed", RetryStorm, t => t.Office().Then(200, 3, _ => Agent with { Failed = true, Cost = 0.2m, Duration = TimeSpan.FromSeconds(2), InputHash = 7 })),
        // Token floods.
        new("one user sends 100,000 tokens every 5 seconds", TokenFlood, t => t.Office().Then(60, 5, _ => Agent with { InputTokens = 100_000, Cost = 0.3m, InputHash = t.New() })),
        new("answers run to 30,000 tokens", TokenFlood, t => t.Office().Then(100, 3, _ => Agent with { OutputTokens = 30_000, Cost = 0.4m, InputHash = t.New() })),
        new("a whole knowledge base goes into every prompt", TokenFlood, t => t.Office().Then(100, 3, i => Call with { User = $"user-{i % 30}", Session = $"chat-{i % 30}", InputTokens = 120_000, Cost = 0.3m, InputHash = t.New() })),
        new("an unknown job floods a known feature", TokenFlood, t => t.Office().Knows(Key, "jobs", 1, 100, 200_000).Knows(Feature, "summaries", 1, 100, 200_000).Then(300, 1, _ => Job with { InputTokens = 40_000, Cost = 0.1m, InputHash = t.New() })),
        // Velocity.
        new("a stolen key asks a dear model", Velocity, t => t.Office().Knows(Key, "old", 0.1m, 5, 9_000).Then(300, 1, _ => Call with { Key = "old", Feature = "", Cost = 1m, InputHash = t.New() })),
        new("a user's script asks ten times a second", Velocity, t => t.Office().Then(3_000, 0.1, _ => Call with { User = "user-5", Session = "", Cost = 0.08m, InputHash = t.New() })),
        new("agents that start agents", Velocity, t => t.Office().Then(500, 0.4, i => Agent with { Session = $"child-{i}", Duration = TimeSpan.FromMinutes(2), InputHash = 7 })),
        new("a job is started fifty times at once", Velocity, t => t.Office().Then(1_000, 0.1, i => Job with { Session = $"copy-{i % 50}", Cost = 0.05m, Duration = TimeSpan.FromSeconds(60), InputHash = 100 + (ulong)(i / 50) })),
        new("a model twenty times as dear by mistake", Velocity, t => t.Office().Then(400, 1.5, i => Call with { User = $"user-{i % 30}", Session = $"chat-{i % 30}", Model = "o3-pro", Cost = 0.3m, InputHash = t.New() })),
        new("a session that spends what its feature does in hours", Velocity, t => t.Office().Knows(Feature, "research", 2, 100, 600_000).Then(100, 3, _ => Agent with { Cost = 0.5m, InputTokens = 5_000, InputHash = t.New() })),

        // What looks like it and is none.
        new("an office at work", null, t => t.Office()),
        new("three times as much at noon", null, t => t.Office(3)),
        new("the nightly batch as every night", null, t => t.Office().Knows(Key, "jobs", 60, 6_000, 12_000_000).Knows(Feature, "summaries", 60, 6_000, 12_000_000).Then(1_200, 0.5, _ => Job with { InputHash = t.New() })),
        new("a first busy batch of new inputs, all answered", null, t => t.Office().Knows(Key, "jobs", 6, 600, 1_200_000).Knows(Feature, "summaries", 6, 600, 1_200_000).Then(1_800, 0.3, _ => Job with { InputHash = t.New() })),
        new("items of a provider's batch job", null, t => t.Office().Knows(Key, "jobs", 1, 60, 100_000).Then(6_000, 0.05, _ => Job with { Batch = true, Cost = 0.02m, InputHash = t.New() })),
        new("a batch of a feature that has no history", null, t => t.Office().Then(600, 0.8, _ => Job with { Feature = "new", Cost = 0.05m, InputHash = t.New() })),
        new("a month's report with many dear calls", null, t => t.Office().Knows(Key, "jobs", 10, 100, 500_000).Knows(Feature, "summaries", 10, 100, 500_000).Then(60, 4, _ => Job with { Cost = 0.15m, InputTokens = 6_000, InputHash = t.New() })),
        new("a backfill of embeddings", null, t => t.Office().Knows(Key, "embed", 0.05m, 300, 150_000).Then(6_000, 0.05, _ => Call with { Key = "embed", Feature = "", Cost = 0.0001m, InputTokens = 500, OutputTokens = 0, InputHash = t.New() })),
        new("ten answers to one question at once, to vote on", null, t => t.Office().Then(10, 0.02, _ => Agent with { InputHash = 7 }).Then(10, 0.02, _ => Agent with { InputHash = 8 }, 30)),
        new("four answers to one question in a row", null, t => t.Office().Then(4, 5, _ => Agent with { InputHash = 7 })),
        new("someone asks for the answer again, four times", null, t => t.Office().Then(4, 20, _ => Call with { User = "user-4", Session = "chat-4-9", InputHash = 7 })),
        new("an agent waits for a build, asking every 40 seconds", null, t => t.Office().Then(12, 40, _ => Agent with { InputHash = 7 })),
        new("a probe every 10 seconds, as always", null, t => t.Office().Knows(Key, "probe", 0.4m, 360, 10_000).Then(60, 10, _ => Call with { Key = "probe", Feature = "", Cost = 0.001m, InputTokens = 20, OutputTokens = 5, InputHash = 7 })),
        new("six models on the same forty questions", null, t => t.Office().Then(240, 2, i => Job with { Feature = "evaluation", Session = "suite", Model = $"model-{i % 6}", InputHash = 100 + (ulong)(i / 6) })),
        new("everybody asks for the canteen's menu", null, t => t.Office().Then(40, 3, i => Call with { User = $"user-{i % 30}", Session = $"menu-{i}", InputHash = 7 })),
        new("a long agent run that gets on", null, t => t.Office().Then(40, 8, i => Agent with { InputTokens = 4_000 + (i * 800) + t.About(400, 0.9), OutputTokens = t.About(450, 0.8), InputHash = t.New() })),
        new("a long chat with answers of one length", null, t => t.Office().Then(20, 30, i => Call with { User = "user-4", Session = "long", InputTokens = 1_000 + (i * 400), OutputTokens = t.About(350, 0.08), InputHash = t.New() })),
        new("an outage, two patient retries each", null, t => t.Office().Then(60, 4, i => Call with { User = $"user-{i % 30}", Session = $"chat-{i % 30}", Failed = true, Cost = 0, OutputTokens = 0, InputHash = 100 + (ulong)(i / 3) })),
        new("one call in four fails", null, t => t.Office().Then(150, 2, i => Job with { Failed = i % 4 == 0, InputHash = t.New() })),
        new("a job that waits longer after each failure", null, t => t.Office().Then(1, 1, _ => Job with { Failed = true, InputHash = 7 }).Then(1, 1, _ => Job with { Failed = true, InputHash = 7 }, 2).Then(1, 1, _ => Job with { Failed = true, InputHash = 7 }, 6)
            .Then(1, 1, _ => Job with { Failed = true, InputHash = 7 }, 14).Then(1, 1, _ => Job with { Failed = true, InputHash = 7 }, 30).Then(1, 1, _ => Job with { InputHash = 7 }, 62)),
        new("long documents, as always", null, t => t.Office().Knows(Key, "legal", 40, 150, 15_000_000).Knows(Feature, "contracts", 40, 150, 15_000_000).Then(30, 20, _ => Call with { Key = "legal", Feature = "contracts", Cost = 0.3m, InputTokens = 110_000, InputHash = t.New() })),
        new("someone pastes three long documents", null, t => t.Office().Then(3, 30, _ => Call with { User = "user-8", Session = "chat-8-9", Cost = 0.35m, InputTokens = 130_000, InputHash = t.New() })),
        new("a new customer's first hour", null, t => t.Then(200, 3, i => Call with { Key = "new", Feature = "", User = $"guest-{i % 9}", InputHash = t.New() })),
        new("a quiet key at work again after holidays", null, t => t.Office().Knows(Key, "old", 0.1m, 10, 20_000).Then(200, 3, _ => Call with { Key = "old", Feature = "", InputHash = t.New() })),
    ];
}
