namespace FinOps.Gateway.Keys;

/// <summary>A key that callers have in the place of a provider's. What it may do, and whose spend it is.</summary>
/// <param name="Id">How reports and policies name it.</param>
/// <param name="Sha256">Of the key; the key itself is nowhere.</param>
/// <param name="Models">Empty = all.</param>
/// <param name="Providers">By name; empty = all.</param>
/// <param name="Tags">What a caller cannot change.</param>
internal sealed record VirtualKey(string Id, ReadOnlyMemory<byte> Sha256, ModelPattern[] Models, string[] Providers, CallTags Tags)
{
    public bool MayAsk(string model) => Models.Length == 0 || Array.Exists(Models, pattern => pattern.IsMatch(model));

    public bool MayReach(string provider) => Providers.Length == 0 || Array.Exists(Providers, name => name.Equals(provider, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A model's name, with <c>*</c> for anything at its beginning, its end or both.</summary>
internal readonly record struct ModelPattern(string Text)
{
    public bool IsMatch(string model)
    {
        var open = Text.EndsWith('*');
        var text = Text.AsSpan(0, Text.Length - (open ? 1 : 0));
        if (text.StartsWith('*')) return open ? model.AsSpan().Contains(text[1..], StringComparison.OrdinalIgnoreCase) : model.AsSpan().EndsWith(text[1..], StringComparison.OrdinalIgnoreCase);
        return open ? model.AsSpan().StartsWith(text, StringComparison.OrdinalIgnoreCase) : model.AsSpan().Equals(text, StringComparison.OrdinalIgnoreCase);
    }
}
