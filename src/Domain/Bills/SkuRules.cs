using System.Collections.Frozen;
using System.Globalization;
using FinOps.Domain.Pricing;

namespace FinOps.Domain.Bills;

/// <summary>
/// Tells from a bill's words which model, meter, tier and batch a line is about. A line is recognised only if every word of it is understood: "gpt-4o ultra" is not taken for gpt-4o, but
/// is left for a person to map.
/// </summary>
public sealed class SkuRules
{
    /// <summary>Words that say nothing of model or meter.</summary>
    private static readonly FrozenSet<string> Filler = new[]
    {
        "usage", "token", "tokens", "per", "million", "thousand", "1m", "1k", "1000", "1000000", "mtok", "api", "standard", "text", "model", "models", "inference", "on", "demand", "ondemand", "regional",
        "global", "count", "units", "unit", "charge", "charges", "for", "of", "the", "and", "with", "llm", "llms", "generative", "ai", "openai", "anthropic", "azure", "amazon", "bedrock", "google", "vertex",
        "vertexai", "gemini", "aws", "microsoft", "uncached", "fresh", "prompt", "caching", "context", "default", "paid", "glbl", "data", "zone", "us", "eu", "request", "requests", "call", "calls",
        "tier", "service", "mode", "ephemeral", "5m", "5", "min", "minute", "minutes",
    }.ToFrozenSet(StringComparer.Ordinal);

    private readonly Dictionary<string, string> _models = new(StringComparer.Ordinal);

    /// <param name="models">Names that may stand in the bill: of the tenant's calls and of the price list.</param>
    public SkuRules(IEnumerable<string> models)
    {
        foreach (var key in models.Select(ModelKey.Of).Where(key => key.Length > 1)) _models[key] = key;
    }

    public SkuReading Read(BillLine line)
    {
        var words = ModelKey.Words($"{line.Sku} {line.Meter}");
        var told = ModelKey.Of(line.Model);
        var model = told.Length != 0 ? told : LongestIn(words);
        if (model.Length == 0) return SkuReading.Unknown;

        var left = WithoutModel(words, model).Split('-', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        var tierWords = ModelKey.Words(line.Tier).Split('-', StringSplitOptions.RemoveEmptyEntries);
        var (meter, meterWords) = MeterOf(left);
        var batch = left.Contains("batch") || left.Contains("batches") || tierWords.Contains("batch");
        var tier = TierOf(left.Concat(tierWords));
        // With a column of its own the model is sure; else each word has to be understood.
        var understood = told.Length != 0 || left.All(word => meterWords.Contains(word) || Filler.Contains(word) || IsTierWord(word) || IsDate(word));
        return understood ? new SkuReading(model, meter, tier, batch) : SkuReading.Unknown;
    }

    private string LongestIn(string words)
    {
        var text = $"-{words}-";
        var longest = "";
        foreach (var key in _models.Keys)
            if (key.Length > longest.Length && text.Contains($"-{key}-", StringComparison.Ordinal)) longest = key;
        return longest;
    }

    private static string WithoutModel(string words, string model) => $"-{words}-".Replace($"-{model}-", "-", StringComparison.Ordinal);

    private static readonly string[] CacheWords = ["cache", "cached", "write", "writes", "creation", "read", "reads", "hit", "hits", "input", "1h", "1hr", "hour", "1"];
    private static readonly string[] SearchWords = ["web", "search", "searches", "file", "storage"];
    private static readonly string[] OutputWords = ["output", "outputs", "completion", "completions", "response", "generated", "candidates", "reasoning", "thinking", "audio", "image", "images"];
    private static readonly string[] InputWords = ["input", "inputs", "prompts", "embedding", "embeddings", "audio", "image", "images"];

    /// <summary>The meter, and the words that say it.</summary>
    private static (Meter? Meter, string[] Words) MeterOf(HashSet<string> words)
    {
        if (Any(words, "cache", "cached"))
        {
            if (!Any(words, "write", "writes", "creation")) return (Meter.CacheRead, CacheWords);
            return (Any(words, "1h", "1hr") || (words.Contains("hour") && words.Contains("1")) ? Meter.CacheWrite1h : Meter.CacheWrite5m, CacheWords);
        }

        if (Any(words, "search", "searches")) return (Any(words, "file", "storage") ? Meter.StorageSearch : Meter.WebSearch, SearchWords);
        if (Any(words, "output", "outputs", "completion", "completions", "response", "generated", "candidates", "reasoning", "thinking"))
            return (Any(words, "audio") ? Meter.OutputAudio : Any(words, "image", "images") ? Meter.OutputImage : Meter.Output, OutputWords);
        if (Any(words, "input", "inputs", "prompt", "prompts", "embedding", "embeddings"))
            return (Any(words, "audio") ? Meter.InputAudio : Any(words, "image", "images") ? Meter.InputImage : Meter.Input, InputWords);
        return (null, []);
    }

    private static bool Any(HashSet<string> words, params ReadOnlySpan<string> any)
    {
        foreach (var word in any)
            if (words.Contains(word)) return true;
        return false;
    }

    private static string TierOf(IEnumerable<string> words)
    {
        foreach (var word in words)
            if (word is "flex" or "priority" or "fast") return word;
        return "";
    }

    private static bool IsTierWord(string word) => word is "flex" or "priority" or "fast" or "batch" or "batches";

    private static bool IsDate(string word) => word.Length is 2 or 4 or 8 && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
