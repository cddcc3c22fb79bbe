namespace FinOps.Web.Authentication;

/// <summary>Why a sign-in by the provider led nowhere, as words in an address and as a sentence for the person. Never what the provider itself wrote: that could be anybody's text.</summary>
internal static class OidcRefusals
{
    public const string Failed = "failed";
    public const string Away = "away";
    public const string NoMembership = "no-membership";
    public const string NoEmail = "no-email";
    public const string EmailTaken = "email-taken";
    public const string Locked = "locked";

    public static string AddressOf(string reason) => $"{AuthenticationExtensions.NoAccessPath}?reason={reason}";

    public static string TextOf(string? reason, string provider) => reason switch
    {
        NoMembership => $"You are known to {provider}, but no organisation here. Ask an administrator to invite your e-mail address, or to add you to a group that belongs to an organisation.",
        Away => $"{Capital(provider)} does not answer. Try again in a moment.",
        NoEmail => $"{Capital(provider)} did not tell your e-mail address. Whoever runs this installation can ask for it with the scope \"email\".",
        EmailTaken => "There is already an account with your e-mail address. Sign in with its password.",
        Locked => "This account is locked for a few minutes after too many failures. Try again later.",
        _ => $"Signing in with {provider} did not work: it took too long, was given up, or came back in another browser. Try again.",
    };

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
