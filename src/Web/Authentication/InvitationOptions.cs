namespace FinOps.Web.Authentication;

/// <summary>Section <c>FinOps:Invitations</c>.</summary>
public sealed class InvitationOptions
{
    public const string Section = "FinOps:Invitations";

    /// <summary>Days for which a link works. Default 7.</summary>
    public int LifetimeDays { get; set; } = 7;

    public TimeSpan Lifetime => TimeSpan.FromDays(LifetimeDays);
}
