using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.PriceChecks;

/// <param name="File">The list; null where <paramref name="Problem"/> says why there is none.</param>
internal sealed record FetchedList(byte[]? File, string? Problem);

/// <summary>
/// Reads the second list from a file or by https. The address of each step, redirects among them, is looked at where the connection is made, so that no name can lead into the own network.
/// Through no proxy: behind one, the address that is connected to would be the proxy's.
/// </summary>
internal sealed class FetchPriceList(IOptions<PriceCheckOptions> options)
{
    private PriceCheckOptions Limits => options.Value;

    public async Task<FetchedList> RunAsync(CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(Limits.TimeoutSeconds));
        try
        {
            return Limits.Address is { } address ? await DownloadAsync(address, timeout.Token) : await ReadAsync(timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(string.Create(CultureInfo.InvariantCulture, $"It did not come within {Limits.TimeoutSeconds} seconds ({PriceCheckOptions.Section}:{nameof(PriceCheckOptions.TimeoutSeconds)})."));
        }
        catch (HttpRequestException failure)
        {
            return Failed(failure.InnerException is InternalAddressException inside ? inside.Message : $"The connection failed: {failure.HttpRequestError}.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Failed(Limits.Address is null ? "The file cannot be read: it must be there, and readable for the process of the jobs." : "The connection broke before the list was whole.");
        }
    }

    private async Task<FetchedList> ReadAsync(CancellationToken cancellationToken)
    {
        await using var file = new FileStream(Limits.Source, new FileStreamOptions { Options = FileOptions.Asynchronous });
        return await BoundedAsync(file, cancellationToken);
    }

    private async Task<FetchedList> DownloadAsync(Uri address, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All, ConnectCallback = ConnectAsync };
        using var http = new HttpMessageInvoker(handler);
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
            {
                if (redirects == Limits.MaxRedirects) return Failed(string.Create(CultureInfo.InvariantCulture, $"It leads on more than {Limits.MaxRedirects} times ({PriceCheckOptions.Section}:{nameof(PriceCheckOptions.MaxRedirects)})."));
                if (response.Headers.Location is not { } location || !Uri.TryCreate(address, location, out var next)) return Failed("It leads on without saying where.");
                address = next;
                if (!Limits.MayBeAsked(address)) return Failed("It leads on to an address that is not https.");
                continue;
            }

            if (response.StatusCode != HttpStatusCode.OK) return Failed(string.Create(CultureInfo.InvariantCulture, $"The answer was {(int)response.StatusCode} {response.StatusCode}."));
            return await BoundedAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        if (!Limits.IsInternal(host)) addresses = Array.FindAll(addresses, one => !InternalAddresses.Contains(one));
        if (addresses.Length == 0) throw new InternalAddressException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<FetchedList> BoundedAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var file = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (file.Length + read > Limits.MaxBytes) return Failed(string.Create(CultureInfo.InvariantCulture, $"It is larger than {Limits.MaxBytes:N0} bytes ({PriceCheckOptions.Section}:{nameof(PriceCheckOptions.MaxBytes)})."));
            file.Write(buffer, 0, read);
        }

        return new FetchedList(file.ToArray(), null);
    }

    private static FetchedList Failed(string problem) => new(null, problem);

    /// <summary>A name that leads into the own network.</summary>
    private sealed class InternalAddressException() : Exception($"It leads to an internal address, which is refused; a mirror of your own is named in {PriceCheckOptions.Section}:{nameof(PriceCheckOptions.InternalHosts)}.");
}
