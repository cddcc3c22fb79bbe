using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MimeKit;

namespace FinOps.Testing;

/// <summary>A mail server on the loopback address that speaks SMTP as RFC 5321 has it, and refuses whom a test tells it to refuse.</summary>
public sealed class MailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<MimeMessage> _received = new();
    private readonly ConcurrentDictionary<string, string> _refusals = new(StringComparer.OrdinalIgnoreCase);
    private readonly Task _serving;

    public MailServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The mails that were taken, in this order.</summary>
    public IReadOnlyCollection<MimeMessage> Received => _received;

    /// <summary>How often a recipient was refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Answers this recipient so, for example <c>450 busy</c>; null takes their mail again.</summary>
    public void Answer(string recipient, string? refusal)
    {
        if (refusal is null) _refusals.TryRemove(recipient, out _);
        else _refusals[recipient] = refusal;
    }

    /// <summary>Waits for a mail to this address.</summary>
    public async Task<MimeMessage> WaitForAsync(string recipient, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < limit)
        {
            if (_received.FirstOrDefault(mail => mail.To.Mailboxes.Any(to => string.Equals(to.Address, recipient, StringComparison.OrdinalIgnoreCase))) is { } found) return found;
            await Task.Delay(50);
        }

        throw new TimeoutException($"No mail came to {recipient} within {limit.TotalSeconds} s.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Before it stops to listen: between two callers it would be asked for the next one of a listener that is gone.
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> talks = [];
        try
        {
            while (true) talks.Add(TalkAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(talks);
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.Latin1);
                await using var writer = new StreamWriter(stream, Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
                await writer.WriteLineAsync("220 test ready");
                while (await reader.ReadLineAsync(_stop.Token) is { } line)
                {
                    var verb = line.Split(' ')[0].ToUpperInvariant();
                    if (verb == "DATA")
                    {
                        await writer.WriteLineAsync("354 go on");
                        _received.Enqueue(await ReadAsync(reader, _stop.Token));
                    }

                    await writer.WriteLineAsync(Reply(verb, line));
                    if (verb == "QUIT") return;
                }
            }
            catch (Exception end) when (end is OperationCanceledException or IOException)
            {
                // The client, or the test, is done.
            }
        }
    }

    private string Reply(string verb, string line)
    {
        if (verb == "EHLO") return "250 test";
        if (verb == "QUIT") return "221 bye";
        if (verb != "RCPT" || !_refusals.TryGetValue(line.Split('<', '>')[1], out var refusal)) return "250 fine";
        Refused++;
        return refusal;
    }

    private static async Task<MimeMessage> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(cancellationToken) is { } line && line != ".") text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(text.ToString()));
        return await MimeMessage.LoadAsync(stream, cancellationToken);
    }
}
