namespace FinOps.Gateway.Forwarding;

/// <summary>
/// Anthropic's SDKs fetch the results of a batch from where the batch says that they are, which is Anthropic itself: there a key of the gateway opens nothing, and nobody counts. As a path alone it is taken for one behind the SDK's
/// base URL, whatever that is.
/// </summary>
internal static class ResultsAddress
{
    /// <param name="batch">The batch as JSON. What is behind the cut moves forward.</param>
    /// <returns>How much of it is left.</returns>
    public static int Cut(Span<byte> batch)
    {
        var name = "\"results_url\""u8;
        if (batch.IndexOf(name) is not (>= 0 and var at)) return batch.Length;
        var rest = batch[(at + name.Length)..].TrimStart(" \t\r\n:"u8);
        if (!rest.StartsWith("\"http"u8) || rest[1..].IndexOf((byte)'"') is not (>= 0 and var length) || rest.Slice(1, length).IndexOf("/v1/messages/batches/"u8) is not (>= 0 and var host)) return batch.Length;
        rest[(1 + host)..].CopyTo(rest[1..]);
        return batch.Length - host;
    }
}
