using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FinOps.Gateway.Forwarding;

/// <summary>Where an answer goes that is not written to its caller as it comes.</summary>
internal interface IAnswerSink
{
    bool HasStarted { get; }

    /// <summary>Cancelled when nobody waits for it any more.</summary>
    CancellationToken Gone { get; }

    void Start(int status, IHeaderDictionary headers);

    /// <summary>The next bytes; they are the caller's again when it returns.</summary>
    ValueTask AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>It ends before its end.</summary>
    void Break();
}

/// <summary>
/// A caller's request whose answer goes to a sink, so that whoever asks providers needs not know whether one caller waits for it, several, or somebody who looks at it first.
/// The request is the caller's own: it is there until the caller's handler returns.
/// </summary>
internal static class DetachedRequest
{
    public static HttpContext Of(HttpContext http, IAnswerSink sink)
    {
        var features = new FeatureCollection();
        var response = new Response(sink);
        features.Set(http.Features.GetRequiredFeature<IHttpRequestFeature>());
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpRequestLifetimeFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new SinkStream(sink, response)));
        return new DefaultHttpContext(features);
    }

    private sealed class Response(IAnswerSink sink) : HttpResponseFeature, IHttpRequestLifetimeFeature
    {
        public override bool HasStarted => sink.HasStarted;

        public CancellationToken RequestAborted
        {
            get => sink.Gone;
            set => throw new NotSupportedException("Only the sink knows when nobody waits.");
        }

        public void Abort() => sink.Break();
    }

    private sealed class SinkStream(IAnswerSink sink, Response response) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Start();
            if (!buffer.IsEmpty) await sink.AddAsync(buffer, cancellationToken);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Start();
            return Task.CompletedTask;
        }

        private void Start()
        {
            if (!sink.HasStarted) sink.Start(response.StatusCode, response.Headers);
        }

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override void Flush() => throw new NotSupportedException();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
