using System.Globalization;

namespace FinOps.Demo;

/// <summary>Builds the spans of one trace of a feature, as the instrumentation of its service would send them.</summary>
internal sealed class DemoTraceBuilder(DemoRandom random, DemoFeature feature, DateTimeOffset at, int daysAgo)
{
    private readonly ulong _traceHigh = random.NextId();
    private readonly ulong _traceLow = random.NextId();
    private readonly List<DemoSpan> _spans = [];
    private readonly string _environment = random.Chance(0.06) ? "staging" : "production";
    private readonly (string User, string Customer) _user = DemoCompany.User(random.Skewed(DemoCompany.Users));
    private int _calls;

    /// <summary>The name of a job that ran away; null for ordinary traffic.</summary>
    public string? RunawayJob { get; init; }

    public DemoTrace Build()
    {
        var root = random.NextId();
        var duration = feature.Shape switch
        {
            DemoShape.RetrievalAnswer => RetrievalAnswer(root),
            DemoShape.Agent => Agent(root),
            DemoShape.BatchJob => Call(root, at.AddMilliseconds(4), Model(), fixedInput: null),
            _ => SingleCall(root),
        };
        _spans.Add(Span(root, 0, feature.Route, feature.Shape == DemoShape.BatchJob ? 1 : 2, feature.Service, at, duration + TimeSpan.FromMilliseconds(9), RootAttributes()));
        return new DemoTrace(at, feature.Service, _environment, _spans, _calls);
    }

    private TimeSpan SingleCall(ulong root)
    {
        // A trial of a model that no public catalogue prices: the product must say "unpriced", not $0.
        if (feature.Name == "invoice-extraction" && random.Chance(0.012))
            return Call(root, at.AddMilliseconds(6), ("mistral_ai", "mistral-small-2506", "opentelemetry.instrumentation.mistralai"), null);

        var start = at.AddMilliseconds(6);
        if (random.Chance(0.011))
        {
            // Rate limited: the attempt failed, the retry answered.
            Failed(root, start, Model());
            start = start.AddMilliseconds(1100);
        }

        return start - at + Call(root, start, Model(), null);
    }

    private TimeSpan RetrievalAnswer(ulong root)
    {
        var start = at.AddMilliseconds(5);
        var embedded = Call(root, start, ("openai", "text-embedding-3-small", DemoCompany.OpenAiScope), fixedInput: 12 + random.Below(60));
        start += embedded;
        var search = TimeSpan.FromMilliseconds(6 + random.Below(40));
        _spans.Add(Span(random.NextId(), root, "SEARCH help_articles", 3, "@openlit/instrumentation-qdrant", start, search,
        [
            new("db.system.name", "qdrant"), new("db.operation.name", "SEARCH"), new("db.collection.name", "help_articles"),
            new("db.vector.query.top_k", 8L), new("db.n_results", 8L),
        ]));
        start += search;
        return start - at + Call(root, start, Model(), null);
    }

    private TimeSpan Agent(ulong root)
    {
        var agent = random.NextId();
        var start = at.AddMilliseconds(8);
        var steps = RunawayJob is null ? 2 + random.Skewed(5, 1.6) : 3;
        long input = 0, output = 0;
        var carried = 1200 + Tokens(feature.Input, 0.25);
        for (var step = 0; step < steps; step++)
        {
            var model = step == 0 && random.Chance(0.3) ? ("gcp.gemini", "gemini-2.5-pro", DemoCompany.GoogleScope) : Model();
            var before = _spans.Count;
            start += Call(agent, start, model, RunawayJob is null ? carried : 46_000 + random.Below(9000));
            input += Counted(before, "gen_ai.usage.input_tokens");
            output += Counted(before, "gen_ai.usage.output_tokens");
            var tool = TimeSpan.FromMilliseconds(120 + random.Below(900));
            _spans.Add(Span(random.NextId(), agent, "execute_tool web_search", 1, feature.Scope, start, tool,
                [new("gen_ai.operation.name", "execute_tool"), new("gen_ai.tool.name", "web_search")]));
            start += tool;
            // What the tool found is read again at every later step: the input grows with the turn.
            carried += 900 + Tokens(TokenQuantiles.ConversationInput, 1.0);
        }

        // The agent's span repeats the sum of its calls, as real SDKs do.
        _spans.Add(Span(agent, root, $"invoke_agent {feature.Name}", 1, feature.Scope, at.AddMilliseconds(7), start - at,
        [
            new("gen_ai.operation.name", "invoke_agent"), new("gen_ai.provider.name", feature.Provider), new("gen_ai.request.model", feature.Model),
            new("gen_ai.agent.name", feature.Name), new("gen_ai.usage.input_tokens", input), new("gen_ai.usage.output_tokens", output),
        ]));
        return start - at;
    }

    private long Counted(int from, string key)
    {
        long sum = 0;
        for (var i = from; i < _spans.Count; i++)
            foreach (var attribute in _spans[i].Attributes)
                if (attribute.Key == key) sum += (long)attribute.Value;
        return sum;
    }

    private (string Provider, string Model, string Scope) Model()
    {
        var model = feature.Name == "in-app-chat" && daysAgo > DemoCompany.ModelSwitchDaysAgo ? "gpt-4o-2024-08-06" : feature.Model;
        return (feature.Provider, model, feature.Scope);
    }

    private void Failed(ulong parent, DateTimeOffset start, (string Provider, string Model, string Scope) model) =>
        _spans.Add(Span(random.NextId(), parent, $"chat {Requested(model.Model)}", 3, model.Scope, start, TimeSpan.FromMilliseconds(80 + random.Below(60)),
        [
            new("gen_ai.operation.name", "chat"), new("gen_ai.provider.name", model.Provider), new("gen_ai.request.model", Requested(model.Model)),
            new("error.type", "rate_limit_exceeded"), new("http.response.status_code", 429L),
        ], failed: true));

    private TimeSpan Call(ulong parent, DateTimeOffset start, (string Provider, string Model, string Scope) model, int? fixedInput)
    {
        var usage = new DemoUsage(random, feature, model, fixedInput);
        var duration = usage.Duration;
        _spans.Add(Span(random.NextId(), parent, $"{usage.Operation} {Requested(model.Model)}", 3, model.Scope, start, duration, usage.Attributes(Requested(model.Model), Session)));
        _calls++;
        return duration;
    }

    private int Tokens(TokenQuantiles quantiles, double scale) => Math.Max(1, (int)(quantiles.At(random.NextUnit()) * scale));

    private string Session => string.Create(CultureInfo.InvariantCulture, $"s-{_user.User}-{at:yyyyMMdd}-{at.Hour / 3}");

    /// <summary>The tags stand on the request, not on the calls: the product finds them on the ancestor.</summary>
    private List<DemoAttribute> RootAttributes()
    {
        List<DemoAttribute> attributes = [new("feature", feature.Name), new("team", feature.Team)];
        if (feature.Shape != DemoShape.BatchJob)
            attributes.AddRange([new("http.request.method", "POST"), new("http.route", feature.Route[(feature.Route.IndexOf(' ', StringComparison.Ordinal) + 1)..])]);
        if (RunawayJob is not null)
            attributes.AddRange([new("user.id", "svc-research"), new("job", RunawayJob)]);
        else if (feature.Shape == DemoShape.BatchJob)
            attributes.AddRange([new("user.id", "svc-" + feature.Service), new("customer.id", _user.Customer)]);
        else
            attributes.AddRange([new("user.id", _user.User), new("customer.id", _user.Customer), new("session.id", Session)]);
        if (DemoOutcome.Of(feature.Name) is { } outcome) attributes.Add(new(outcome.Attribute, random.Chance(outcome.SuccessShare)));
        return attributes;
    }

    private DemoSpan Span(ulong id, ulong parent, string name, int kind, string scope, DateTimeOffset start, TimeSpan duration, IReadOnlyList<DemoAttribute> attributes, bool failed = false) =>
        new(_traceHigh, _traceLow, id, parent, name, kind, scope, start, duration, failed, attributes);

    /// <summary>Callers ask for the alias; the provider answers with the dated model.</summary>
    private static string Requested(string served) => served switch
    {
        "gpt-4o-mini-2024-07-18" => "gpt-4o-mini",
        "gpt-4o-2024-08-06" => "gpt-4o",
        "gpt-5-2025-08-07" => "gpt-5",
        "gpt-5-mini-2025-08-07" => "gpt-5-mini",
        "claude-haiku-4-5-20251001" => "claude-haiku-4-5",
        _ => served,
    };
}
