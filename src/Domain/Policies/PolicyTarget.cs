namespace FinOps.Domain.Policies;

/// <summary>What a provider speaks. Routes and fallbacks stay within one.</summary>
public enum WireProtocol : byte
{
    OpenAi,
    Anthropic,
}

/// <summary>Where a call is sent. One of both may be empty: then the request's own stays.</summary>
/// <param name="Provider">The gateway's name of it.</param>
/// <param name="Model">As the provider calls it.</param>
/// <param name="Weight">Its share among the targets of one choice, 1 to <see cref="MaxWeight"/>.</param>
public sealed record PolicyTarget(string Provider, string Model, int Weight = 1)
{
    /// <summary>Default 10,000.</summary>
    public const int MaxWeight = 10_000;

    internal bool IsSame(PolicyTarget other) =>
        string.Equals(Provider, other.Provider, StringComparison.OrdinalIgnoreCase) && string.Equals(Model, other.Model, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Provider.Length == 0 ? Model : Model.Length == 0 ? Provider : $"{Provider}/{Model}";
}

/// <summary>Which protocol a provider speaks, and an operation belongs to.</summary>
public static class Protocols
{
    /// <summary>The name that stands for Anthropic's protocol without being declared; so does one that goes on with a hyphen: <c>anthropic-eu</c>.</summary>
    public const string Anthropic = "anthropic";

    /// <summary>What is declared; else <c>anthropic</c> and <c>anthropic-…</c> speak its own, and every other provider OpenAI's.</summary>
    public static WireProtocol Of(string provider, IReadOnlyDictionary<string, WireProtocol>? declared = null) =>
        declared is not null && declared.TryGetValue(provider, out var protocol) ? protocol
        : provider.StartsWith(Anthropic, StringComparison.OrdinalIgnoreCase) && (provider.Length == Anthropic.Length || provider[Anthropic.Length] == '-') ? WireProtocol.Anthropic : WireProtocol.OpenAi;

    internal static IReadOnlyDictionary<string, WireProtocol> Join(IReadOnlyDictionary<string, WireProtocol> first, IReadOnlyDictionary<string, WireProtocol>? second)
    {
        var all = new Dictionary<string, WireProtocol>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, protocol) in second ?? first) all[name] = protocol;
        foreach (var (name, protocol) in first) all[name] = protocol;
        return all;
    }

    /// <summary>Null for what is passed through.</summary>
    public static WireProtocol? Of(RequestOperation operation) => operation switch
    {
        RequestOperation.Other => null,
        RequestOperation.Messages => WireProtocol.Anthropic,
        _ => WireProtocol.OpenAi,
    };
}
