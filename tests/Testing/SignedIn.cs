using System.Net;
using System.Text.RegularExpressions;

namespace FinOps.Testing;

/// <summary>Signs in through the real form, as a browser without scripts does.</summary>
public static partial class SignedIn
{
    /// <summary>A client with a cookie jar that follows no redirects; signed in when the answer's status is 302.</summary>
    public static async Task<(HttpClient Client, HttpStatusCode Status)> SignInAsync(this ServerProcess server, string email, string password)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer(), UseProxy = false, SslOptions = ServerProcess.AnyCertificate })
        {
            BaseAddress = server.Web,
        };
        var page = await client.GetStringAsync("/sign-in");
        using var form = new FormUrlEncodedContent(
        [
            new("_handler", "sign-in"),
            new("__RequestVerificationToken", Token().Match(page).Groups[1].Value),
            new("Form.Email", email),
            new("Form.Password", password),
        ]);
        using var response = await client.PostAsync("/sign-in", form);
        return (client, response.StatusCode);
    }

    /// <summary>Chooses another of the person's organisations in the header. The form's token is the one of any page.</summary>
    public static async Task<HttpStatusCode> ChooseOrganisationAsync(this HttpClient client, string tenant, bool withToken = true)
    {
        var token = withToken ? Token().Match(await client.GetStringAsync("/denied")).Groups[1].Value : "";
        using var form = new FormUrlEncodedContent([new("__RequestVerificationToken", token), new("tenant", tenant)]);
        using var response = await client.PostAsync("/organisation", form);
        return response.StatusCode;
    }

    [GeneratedRegex("__RequestVerificationToken\" value=\"([^\"]*)\"")]
    private static partial Regex Token();
}
