using System.Globalization;
using System.Text;
using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Gateway.Providers;

namespace FinOps.Gateway.Forwarding;

/// <summary>What is changed in a body: the model, the most tokens of the answer, that a stream tells its usage, and what was for a gateway alone is left out. Everything else is the caller's own bytes.</summary>
internal static class BodySplices
{
    private static readonly byte[] Yes = "true"u8.ToArray();
    private static readonly byte[] UserId = "{\"user_id\":"u8.ToArray();
    private static readonly byte[] ObjectEnd = "}"u8.ToArray();
    private static readonly byte[] Options = "{\"include_usage\":true}"u8.ToArray();
    private static readonly byte[] Field = "\"include_usage\":true"u8.ToArray();
    private static readonly byte[] FieldBefore = "\"include_usage\":true,"u8.ToArray();

    /// <param name="model">What is asked there.</param>
    /// <param name="asksUsage">Whether usage is asked for that the caller did not ask for.</param>
    /// <param name="maxTokens">Null: as it stands.</param>
    /// <param name="input">What is asked in the place of the caller's list; null: that.</param>
    /// <returns>In the order of their places.</returns>
    public static IReadOnlyList<Splice> For(BodyFacts facts, Provider provider, RequestOperation operation, string model, bool asksUsage, long? maxTokens, Splice? input = null)
    {
        List<Splice> splices = [];
        if (input is { } shorter) splices.Add(shorter);
        var atEnd = new StringBuilder();
        if (model != facts.Model)
        {
            var text = "\"" + JsonEncodedText.Encode(model) + "\"";
            if (!facts.ModelValue.IsEmpty) splices.Add(new Splice(facts.ModelValue, Encoding.UTF8.GetBytes(text)));
            else atEnd.Append(",\"model\":").Append(text);
        }

        if (maxTokens is { } most)
        {
            var text = Encoding.UTF8.GetBytes(most.ToString(CultureInfo.InvariantCulture));
            if (!facts.MaxTokensValue.IsEmpty) splices.Add(new Splice(facts.MaxTokensValue, text));
            if (!facts.MaxCompletionTokensValue.IsEmpty) splices.Add(new Splice(facts.MaxCompletionTokensValue, text));
            if (facts.MaxTokensValue.IsEmpty && facts.MaxCompletionTokensValue.IsEmpty) atEnd.Append(CultureInfo.InvariantCulture, $",\"{MaxTokensName(provider, operation)}\":{most}");
        }

        if (asksUsage)
        {
            if (!facts.IncludeUsageValue.IsEmpty) splices.Add(new Splice(facts.IncludeUsageValue, Yes));
            else if (!facts.NoStreamOptionsValue.IsEmpty) splices.Add(new Splice(facts.NoStreamOptionsValue, Options));
            else if (facts.StreamOptionsValue.IsEmpty) atEnd.Append(",\"stream_options\":{\"include_usage\":true}");
            else splices.Add(new Splice(new Place(facts.StreamOptionsValue.Start + 1, 0), facts.IsStreamOptionsEmpty ? Field : FieldBefore));
        }

        LeaveOut(splices, facts, provider);
        splices.Sort(static (one, other) => one.At.Start.CompareTo(other.At.Start));
        if (atEnd.Length != 0) splices.Add(new Splice(new Place(facts.End, 0), Encoding.UTF8.GetBytes(facts.IsEmptyObject ? atEnd.ToString(1, atEnd.Length - 1) : atEnd.ToString())));
        return splices;
    }

    /// <summary>What callers of other gateways write into a body for them: providers that know nothing of it refuse it.</summary>
    private static void LeaveOut(List<Splice> splices, BodyFacts facts, Provider provider)
    {
        var isAnthropic = provider.Protocol == Protocol.Anthropic;
        var isForeign = facts.MetadataField >= 0 && (isAnthropic ? facts.HasOtherMetadata : facts.HasMetadataLists);
        if (isForeign && isAnthropic && !facts.UserIdValue.IsEmpty)
        {
            // Around the value that it takes.
            var value = facts.All![facts.MetadataField].Value;
            splices.Add(new Splice(new Place(value.Start, facts.UserIdValue.Start - value.Start), UserId));
            splices.Add(new Splice(new Place(facts.UserIdValue.End, value.End - facts.UserIdValue.End), ObjectEnd));
            isForeign = false;
        }

        if (!isForeign && facts.GatewayFields is null) return;
        var isFirst = true;
        for (var i = 0; i < facts.All!.Count; i++)
        {
            if (facts.GatewayFields?.Contains(i) != true && !(isForeign && i == facts.MetadataField)) isFirst = false;
            else splices.Add(new Splice(WithComma(facts, i, isFirst), ReadOnlyMemory<byte>.Empty));
        }
    }

    /// <summary>The field, with the comma before it; of those at the beginning with the one behind.</summary>
    private static Place WithComma(BodyFacts facts, int field, bool isFirst)
    {
        var (all, own) = (facts.All!, facts.All![field]);
        var start = isFirst ? own.Name.Start - 1 : all[field - 1].Value.End;
        var end = isFirst && field + 1 < all.Count ? all[field + 1].Name.Start - 1 : own.Value.End;
        return new Place(start, end - start);
    }

    /// <summary>OpenAI's newer models refuse <c>max_tokens</c>; other hosts of its API do not know the newer name.</summary>
    private static string MaxTokensName(Provider provider, RequestOperation operation) => operation switch
    {
        RequestOperation.Responses => "max_output_tokens",
        RequestOperation.Chat when provider.Kind == ProviderKind.Azure || provider.BaseUrl.Host.EndsWith("openai.com", StringComparison.OrdinalIgnoreCase) || provider.Name == "openai" => "max_completion_tokens",
        _ => "max_tokens",
    };
}
