using System.Net;
using System.Text.RegularExpressions;
using FinOps.Testing;

namespace FinOps.Integration.Tests.Accounts;

/// <summary>A page that was answered.</summary>
internal sealed record Answered(HttpStatusCode Status, string? Location, string Body)
{
    public void IsRedirectTo(string path) => Assert.Equal((HttpStatusCode.Redirect, path), (Status, Location));
}

/// <summary>A browser without scripts: follows no redirects, keeps cookies, fills in forms.</summary>
internal sealed partial class FormVisitor(ServerProcess server) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer(), UseProxy = false }) { BaseAddress = server.Web };

    public async Task<Answered> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/html");
        using var response = await _client.SendAsync(request);
        return await ReadAsync(response);
    }

    /// <summary>Opens the page, then sends one of its forms.</summary>
    public async Task<Answered> SendAsync(string path, string form, params (string Name, string Value)[] fields) =>
        await SendAsync(path, form, Token().Match((await GetAsync(path)).Body).Groups[1].Value, fields);

    /// <summary>Sends a form of a page that was opened before.</summary>
    public async Task<Answered> SendAsync(string path, string form, string token, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(
            [new("_handler", form), new("__RequestVerificationToken", token), .. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]);
        using var response = await _client.PostAsync(path, content);
        return await ReadAsync(response);
    }

    public Task<Answered> SignInAsync(string email, string password) => SendAsync("/sign-in", "sign-in", ("Form.Email", email), ("Form.Password", password));

    public static string TokenOf(string body) => Token().Match(body).Groups[1].Value;

    public void Dispose() => _client.Dispose();

    private async Task<Answered> ReadAsync(HttpResponseMessage response)
    {
        var location = response.Headers.Location;
        var path = location is null ? null : location.IsAbsoluteUri && location.Authority == server.Web.Authority ? location.PathAndQuery : location.ToString();
        return new Answered(response.StatusCode, path, await response.Content.ReadAsStringAsync());
    }

    [GeneratedRegex("__RequestVerificationToken\" value=\"([^\"]*)\"")]
    private static partial Regex Token();
}
