using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Forwarding;

/// <summary>An answer that is looked at whole before its caller gets it, up to a limit.</summary>
/// <param name="passesLong">What is longer is passed on as it comes, without having been looked at; else it is given up.</param>
internal sealed class HeldAnswer(HttpContext caller, int maxBytes, bool passesLong) : IAnswerSink
{
    private readonly ArrayBufferWriter<byte> _body = new();
    private int _status;
    private IHeaderDictionary _headers = new HeaderDictionary();

    public bool HasStarted { get; private set; }

    public CancellationToken Gone => caller.RequestAborted;

    public int Status => _status;

    public string ContentType => _headers.ContentType.ToString();

    /// <summary>Compressed: nobody here reads it.</summary>
    public bool IsEncoded => _headers.ContentEncoding.Count != 0;

    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    public bool IsTooLong { get; private set; }

    public bool IsBroken { get; private set; }

    /// <summary>The caller has it, or its beginning.</summary>
    public bool IsPassedOn { get; private set; }

    public void Start(int status, IHeaderDictionary headers) => (HasStarted, _status, _headers) = (true, status, headers);

    public async ValueTask AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!IsTooLong && _body.WrittenCount + bytes.Length <= maxBytes)
        {
            _body.Write(bytes.Span);
            return;
        }

        if (!IsTooLong)
        {
            IsTooLong = true;
            if (passesLong) await PassOnAsync();
            _body.Clear();
        }

        if (passesLong) await caller.Response.Body.WriteAsync(bytes, cancellationToken);
    }

    public void Break()
    {
        IsBroken = true;
        if (IsPassedOn) caller.Abort();
    }

    /// <summary>As it came.</summary>
    public Task PassOnAsync() => PassOnAsync(Body, isAsItCame: true);

    /// <summary>With another body in the place of its own.</summary>
    public Task PassOnAsync(ReadOnlyMemory<byte> body) => PassOnAsync(body, isAsItCame: false);

    private async Task PassOnAsync(ReadOnlyMemory<byte> body, bool isAsItCame)
    {
        if (IsPassedOn) return;
        IsPassedOn = true;
        caller.Response.StatusCode = _status;
        foreach (var (name, values) in _headers) caller.Response.Headers[name] = values;
        if (!isAsItCame) caller.Response.ContentLength = body.Length;
        if (!body.IsEmpty) await InPieces.WriteAsync(caller.Response.Body, body, caller.RequestAborted);
        if (IsBroken) caller.Abort();
    }
}
