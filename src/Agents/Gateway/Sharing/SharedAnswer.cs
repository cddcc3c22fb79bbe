using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Reporting;
using Microsoft.AspNetCore.Http;

namespace FinOps.Gateway.Sharing;

/// <summary>What a listener reads next.</summary>
internal enum SharedPart : byte
{
    /// <summary>Status and headers are there.</summary>
    Head,
    Piece,

    /// <summary>All of it was read.</summary>
    End,

    /// <summary>It broke, and there is no more.</summary>
    Broken,

    /// <summary>The listener was so slow that what it reads next is not held any more.</summary>
    Fallen,
}

/// <summary>
/// An answer in flight that several callers get. It is held from its beginning as long as somebody may still join, then from where the slowest listener reads. The provider is read at the pace
/// of the fastest listener; who falls too far behind it hears no more. When the last listener leaves, <see cref="Gone"/> ends the call.
/// </summary>
internal sealed class SharedAnswer(CallsInFlight calls) : IAnswerSink
{
    /// <summary>An answer that is longer takes no more listeners: they would begin far behind.</summary>
    public const int MaxJoinBytes = 1 << 20;

    /// <summary>Of an answer, how far a listener may be behind the last piece.</summary>
    public const int MaxBehindBytes = 4 << 20;

    /// <summary>The same when all answers together hold as much as they may (<c>limits.max_shared_megabytes</c>): a moment of waiting for the processor, and no slow line.</summary>
    public const int MaxBehindWhenFull = 64 << 10;

    /// <summary>The fastest is as far behind at most: then the provider is read no further until it has read.</summary>
    private const int MaxAheadBytes = MaxBehindBytes / 2;

    /// <summary>What a piece takes beside its bytes.</summary>
    private const int PieceOverhead = 48;

    private const int FewPieces = 64;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly List<Listener> _listeners = [];
    private readonly List<byte[]> _pieces = [];
    private TaskCompletionSource _changed = NewSignal();
    private TaskCompletionSource? _wasRead;
    private long _length;
    private int _first, _followers;
    private bool _takesNoMore, _isComplete, _isBroken;

    public bool HasStarted { get; private set; }

    public CancellationToken Gone => _gone.Token;

    public int Status { get; private set; }

    public IHeaderDictionary Headers { get; private set; } = new HeaderDictionary();

    /// <summary>What was paid for it; null: nobody was asked, or it broke.</summary>
    public Attempt? Paid { get; private set; }

    /// <summary>Whether it can be joined at all: not beyond its beginning, and somebody waits for it.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate) return !_takesNoMore;
        }
    }

    /// <summary>The caller whose call it is.</summary>
    public Listener Lead()
    {
        lock (_gate) return Add_NeedsLock(isFollower: false);
    }

    /// <summary>Null: so many wait for it already.</summary>
    public Listener? TryFollow(int most)
    {
        lock (_gate) return _takesNoMore || _followers >= most ? null : Add_NeedsLock(isFollower: true);
    }

    private Listener Add_NeedsLock(bool isFollower)
    {
        var listener = new Listener(isFollower);
        _listeners.Add(listener);
        if (isFollower) _followers++;
        return listener;
    }

    /// <summary>Who leaves last ends the call.</summary>
    public void Leave(Listener listener)
    {
        lock (_gate)
        {
            Remove_NeedsLock(listener);
            if (_listeners.Count != 0 || _isComplete || _isBroken) return;
            _takesNoMore = true;
        }

        _gone.Cancel();
    }

    private void Remove_NeedsLock(Listener listener)
    {
        if (!_listeners.Remove(listener)) return;
        if (listener.IsFollower) _followers--;
        Drop_NeedsLock();
        _wasRead?.TrySetResult();
    }

    public void Start(int status, IHeaderDictionary headers)
    {
        lock (_gate)
        {
            if (HasStarted) return;
            (HasStarted, Status, Headers) = (true, status, headers);
            Signal_NeedsLock();
        }
    }

    public async ValueTask AddAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wasRead;
            lock (_gate)
            {
                if (_listeners.Count == 0 || _length - Fastest_NeedsLock() <= MaxAheadBytes)
                {
                    Add_NeedsLock(bytes);
                    return;
                }

                wasRead = (_wasRead ??= NewSignal()).Task;
            }

            await wasRead.WaitAsync(cancellationToken);
            lock (_gate) _wasRead = null;
        }
    }

    private long Fastest_NeedsLock()
    {
        var at = 0L;
        foreach (var listener in _listeners) at = Math.Max(at, listener.At);
        return at;
    }

    private void Add_NeedsLock(ReadOnlyMemory<byte> bytes)
    {
        var isFull = calls.IsFull;
        // Judged before the piece is added: one that comes in a single piece, as most do, throws nobody off.
        var (fastest, most) = (Fastest_NeedsLock(), isFull ? MaxBehindWhenFull : MaxBehindBytes);
        for (var i = _listeners.Count - 1; i >= 0; i--)
        {
            var listener = _listeners[i];
            if (listener.At == fastest || _length - listener.At <= most) continue;
            listener.HasFallen = true;
            Remove_NeedsLock(listener);
        }

        if (!_takesNoMore && (isFull || _length > MaxJoinBytes))
        {
            _takesNoMore = true;
            if (isFull) calls.CountUnheld();
        }

        _pieces.Add(bytes.ToArray());
        _length += bytes.Length;
        calls.Hold(bytes.Length + PieceOverhead);
        Drop_NeedsLock();
        Signal_NeedsLock();
    }

    /// <summary>What every listener has read, once nobody can join any more.</summary>
    private void Drop_NeedsLock()
    {
        if (!_takesNoMore) return;
        var next = int.MaxValue;
        foreach (var listener in _listeners) next = Math.Min(next, listener.Next);
        var count = Math.Min(next - _first, _pieces.Count);
        if (count == 0 || (count < FewPieces && count < _pieces.Count)) return;
        var bytes = 0L;
        for (var i = 0; i < count; i++) bytes += _pieces[i].Length + PieceOverhead;
        _pieces.RemoveRange(0, count);
        _first += count;
        calls.Hold(-bytes);
    }

    /// <param name="piece">Of <see cref="SharedPart.Piece"/>; to be followed by <see cref="HasRead"/>.</param>
    public bool TryRead(Listener listener, out SharedPart part, out ReadOnlyMemory<byte> piece, out Task changed)
    {
        lock (_gate)
        {
            (part, piece, changed) = (SharedPart.Fallen, default, _changed.Task);
            if (listener.HasFallen) return true;
            if (HasStarted && !listener.HasHead)
            {
                (listener.HasHead, part) = (true, SharedPart.Head);
                return true;
            }

            if (listener.Next < _first + _pieces.Count)
            {
                (part, piece) = (SharedPart.Piece, _pieces[listener.Next - _first]);
                return true;
            }

            part = _isBroken ? SharedPart.Broken : SharedPart.End;
            return _isBroken || _isComplete;
        }
    }

    /// <summary>The listener has passed a piece on.</summary>
    public void HasRead(Listener listener, int bytes)
    {
        lock (_gate)
        {
            listener.Next++;
            listener.At += bytes;
            Drop_NeedsLock();
            _wasRead?.TrySetResult();
        }
    }

    /// <summary>It is whole.</summary>
    public void Complete(Attempt? paid)
    {
        lock (_gate)
        {
            if (_isBroken) return;
            (Paid, _isComplete, _takesNoMore) = (paid, true, true);
            Drop_NeedsLock();
            Signal_NeedsLock();
        }
    }

    public void Break()
    {
        lock (_gate)
        {
            if (_isComplete || _isBroken) return;
            (_isBroken, _takesNoMore) = (true, true);
            Drop_NeedsLock();
            Signal_NeedsLock();
        }
    }

    private void Signal_NeedsLock()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Where one caller is in the answer.</summary>
    internal sealed class Listener(bool isFollower)
    {
        public bool IsFollower => isFollower;
        public bool HasHead { get; set; }
        public bool HasFallen { get; set; }

        /// <summary>Number of the piece it reads next, and the bytes before it.</summary>
        public int Next { get; set; }
        public long At { get; set; }
    }
}
