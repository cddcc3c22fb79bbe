using System.Globalization;
using System.Net;
using FinOps.Analytics.Outbound;
using Microsoft.Extensions.Options;

namespace FinOps.Analytics.PriceChecks;

/// <param name="File">The list; null where <paramref name="Problem"/> says why there is none.</param>
internal sealed record FetchedList(byte[]? File, string? Problem);

/// <summary>
/// Reads the second list from a file or by https, through a connection that leads into the own network neither at the first step nor by a redirect (<see cref="GuardedConnection"/>).
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
            return Failed(failure.InnerException is InternalAddressException inside ? $"{inside.Message[..^1]}; a mirror of your own is named in {PriceCheckOptions.Section}:{nameof(PriceCheckOptions.InternalHosts)}." : $"The connection failed: {failure.HttpRequestError}.");
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
        using var handler = GuardedConnection.NewHandler((host, _) => Limits.IsInternal(host));
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
}
