using System.Buffers;
using FinOps.Gateway.Caching;
using FinOps.Gateway.Metering;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Forwarding;

/// <summary>
/// Reads the events of a stream on their way. Either they are passed on in the pieces they come in, or, where the usage is to be hidden that the gateway asked for, event by event:
/// then the chunk that only tells usage is left out, and the <c>"usage":null</c> that it puts into all others.
/// </summary>
internal sealed class StreamReading(int maxEventBytes, bool hidesUsage, GatewayCounters counters, AnswerCopy? copy = null) : IDisposable
{
    private readonly EventBuffer _events = new(maxEventBytes);
    private bool _isUnread;

    /// <summary>The event came that ends a stream of its protocol.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>An event told of an error.</summary>
    public bool HasError { get; private set; }

    public void Take(ReadOnlySpan<byte> piece, ref AnswerFacts facts, IBufferWriter<byte> to)
    {
        if (!hidesUsage || _isUnread) Write(to, piece);
        if (_isUnread) return;
        _events.Append(piece);
        while (_events.TryTake(out var whole)) Read(whole, ref facts, to);
        if (!_events.IsTooLong) return;
        // Longer than any event should be: the rest goes by as it is.
        counters.CountUnread("long_event");
        if (hidesUsage) Write(to, _events.Rest);
        _events.Clear();
        _isUnread = true;
    }

    /// <summary>What came without an empty line at its end.</summary>
    public void End(ref AnswerFacts facts, IBufferWriter<byte> to)
    {
        if (!_events.Rest.IsEmpty) Read(_events.Rest, ref facts, to);
        _events.Clear();
    }

    private void Write(IBufferWriter<byte> to, ReadOnlySpan<byte> bytes)
    {
        to.Write(bytes);
        copy?.Add(bytes);
    }

    private void Read(ReadOnlySpan<byte> whole, ref AnswerFacts facts, IBufferWriter<byte> to)
    {
        if (!TryData(whole, out var at, out var data))
        {
            if (hidesUsage) Write(to, whole);
            return;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            IsComplete = true;
            if (hidesUsage) Write(to, whole);
            return;
        }

        if (facts.Read(data))
        {
            if (facts.IsLast) IsComplete = true;
            HasError |= facts.IsError;
        }
        else
        {
            counters.CountUnread("malformed_event");
        }

        if (!hidesUsage) return;
        if (facts is { HadUsage: true, HadChoices: false }) return;
        if (facts.NullUsage.IsEmpty)
        {
            Write(to, whole);
            return;
        }

        var (start, end) = WithComma(data, facts.NullUsage);
        Write(to, whole[..(at + start)]);
        Write(to, whole[(at + end)..]);
    }

    /// <summary>The field with the comma that parts it from its neighbour.</summary>
    private static (int Start, int End) WithComma(ReadOnlySpan<byte> data, Place field)
    {
        var before = data[..field.Start].TrimEnd(" \t"u8);
        if (before.EndsWith(","u8)) return (before.Length - 1, field.End);
        var after = data[field.End..];
        var rest = after.TrimStart(" \t"u8);
        return rest.StartsWith(","u8) ? (field.Start, field.End + (after.Length - rest.Length) + 1) : (field.Start, field.End);
    }

    /// <summary>The event's data. Nobody sends JSON in several data lines; of one who would, the first is read.</summary>
    private static bool TryData(ReadOnlySpan<byte> whole, out int at, out ReadOnlySpan<byte> data)
    {
        at = 0;
        data = default;
        while (at < whole.Length)
        {
            var line = whole[at..];
            var length = line.IndexOfAny((byte)'\n', (byte)'\r');
            if (length < 0) length = line.Length;
            if (line.StartsWith("data:"u8))
            {
                at += 5;
                data = line[5..length];
                if (data.StartsWith(" "u8))
                {
                    data = data[1..];
                    at++;
                }

                return true;
            }

            at += length + 1;
        }

        return false;
    }

    public void Dispose() => _events.Dispose();
}
