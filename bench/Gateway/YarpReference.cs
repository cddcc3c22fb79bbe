using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace FinOps.Bench.Gateway;

/// <summary>The reference: YARP's forwarder and nothing else, in a process of its own.</summary>
internal static class YarpReference
{
    public const string Name = "yarp-reference";

    /// <param name="arguments">The port to listen on, and where to forward to.</param>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, int.Parse(arguments[0], System.Globalization.CultureInfo.InvariantCulture)));
        builder.Services.AddHttpForwarder();
        await using var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = null,
        });
        app.Run(async http => await forwarder.SendAsync(http, arguments[1], client));
        await app.RunAsync();
        return 0;
    }
}
