using System.Buffers;
using System.Net;

namespace FinOps.Gateway.Forwarding;

/// <summary>Puts bytes in the place of others. With a length of 0 they are put in between.</summary>
internal readonly record struct Splice(Place At, ReadOnlyMemory<byte> Bytes);

/// <summary>The caller's body as it came, but for what a policy changes: the bytes in between are the caller's own. Can be sent again for another attempt.</summary>
internal sealed class SplicedContent : HttpContent
{
    private readonly RequestBody _body;
    private readonly IReadOnlyList<Splice> _splices;
    private int _sending;

    /// <param name="splices">In the order of their places, apart from one another.</param>
    public SplicedContent(RequestBody body, IReadOnlyList<Splice> splices, string? contentType)
    {
        _body = body;
        _splices = splices;
        if (contentType is not null) Headers.TryAddWithoutValidation("Content-Type", contentType);
    }

    /// <summary>Whether somebody still reads the body: an answer can come before the question is sent.</summary>
    public bool IsBeingSent => Volatile.Read(ref _sending) != 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _sending);
        try
        {
            var at = 0;
            foreach (var splice in _splices)
            {
                await stream.WriteAsync(_body.Memory[at..splice.At.Start], cancellationToken);
                await stream.WriteAsync(splice.Bytes, cancellationToken);
                at = splice.At.End;
            }

            await stream.WriteAsync(_body.Memory[at..], cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _sending);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        foreach (var splice in _splices) length += splice.Bytes.Length - splice.At.Length;
        return true;
    }
}

/// <summary>A body that is not read but for the model that a form names: an upload, or something that is no JSON. Sent once, as it comes.</summary>
internal sealed class StreamedContent : HttpContent
{
    private const int PieceSize = 16 * 1024;

    private readonly Stream _stream;
    private readonly long? _length;
    private readonly UploadModel? _model;

    public StreamedContent(Stream stream, long? length, string? contentType, UploadModel? model)
    {
        _stream = stream;
        _length = length;
        _model = model;
        if (contentType is not null) Headers.TryAddWithoutValidation("Content-Type", contentType);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            int count;
            while ((count = await _stream.ReadAsync(piece, cancellationToken)) > 0)
            {
                _model?.Take(piece.AsSpan(0, count));
                await stream.WriteAsync(piece.AsMemory(0, count), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length ?? 0;
        return _length is not null;
    }
}
