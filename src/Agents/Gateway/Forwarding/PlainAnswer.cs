using System.IO.Compression;
using System.Net.Http.Headers;

namespace FinOps.Gateway.Forwarding;

/// <summary>Answers are asked for uncompressed, for they are read on their way. A provider, or what stands before it, may compress them all the same.</summary>
internal static class PlainAnswer
{
    /// <summary>
    /// Opens an answer's body, decompressed where it has one of HTTP's encodings (RFC 9110, 8.4.1, and br): its head then tells neither encoding nor length. What is compressed otherwise, or twice, stays as it is.
    /// A body that is not what its head says fails with <see cref="InvalidDataException"/> where it is read.
    /// </summary>
    public static Stream Open(HttpResponseMessage response)
    {
        // As it comes: nothing is waited for.
        var stream = response.Content.ReadAsStream();
        var headers = response.Content.Headers;
        if (!IsEncoded(headers) || headers.ContentEncoding.Count != 1) return stream;
        Stream? plain = headers.ContentEncoding.Single().ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new GZipStream(stream, CompressionMode.Decompress),
            "deflate" => new ZLibStream(stream, CompressionMode.Decompress),
            "br" => new BrotliStream(stream, CompressionMode.Decompress),
            _ => null,
        };
        if (plain is null) return stream;
        headers.ContentEncoding.Clear();
        headers.ContentLength = null;
        return plain;
    }

    /// <summary>Most are not: then no list is made of it.</summary>
    public static bool IsEncoded(HttpContentHeaders headers) => headers.NonValidated.Contains("Content-Encoding") && headers.ContentEncoding.Count != 0;
}
