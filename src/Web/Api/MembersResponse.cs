using System.ComponentModel;
using System.Text.Json.Serialization;
using FinOps.Analytics.Digests;
using FinOps.Analytics.Tenancy;

namespace FinOps.Web.Api;

/// <summary>A person's place in the organisation as it shall be.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MemberRequest
{
    [Description("`viewer`, `analyst`, `approver` or `admin`.")]
    public string? Role { get; init; }

    [Description("The only teams whose spend they see. Left out or null: the whole organisation's.")]
    public IReadOnlyList<string>? Teams { get; init; }
}

/// <summary>The digests that a member shall get.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DigestRequest
{
    [Description("On Monday morning, of the week before. Default: false.")]
    public bool Weekly { get; init; }

    [Description("On the morning of the first, of the month before. Default: false.")]
    public bool Monthly { get; init; }

    [Description("IANA name of the zone in which weeks and months begin. Default: UTC.")]
    public string? TimeZone { get; init; }
}

/// <summary>The digests that a member gets by e-mail.</summary>
/// <param name="Weekly">On Monday morning.</param>
/// <param name="Monthly">On the morning of the first.</param>
/// <param name="TimeZone">In which weeks and months begin.</param>
public sealed record DigestResponse(bool Weekly, bool Monthly, string TimeZone)
{
    internal static DigestResponse Of(DigestChoice choice) => new(choice.Weekly, choice.Monthly, choice.TimeZone);
}

/// <summary>The members of the organisation.</summary>
/// <param name="Members">By address.</param>
public sealed record MembersResponse(IReadOnlyList<MemberResponse> Members);

/// <summary>A member.</summary>
/// <param name="Email">By which the API knows them.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Teams">The only teams whose spend they see; null for the whole organisation's.</param>
/// <param name="Since">When they joined.</param>
public sealed record MemberResponse(string Email, string Role, IReadOnlyList<string>? Teams, DateTimeOffset Since)
{
    internal static MemberResponse Of(MemberRow member) => new(member.Email, CallsEndpoint.Word(member.Role), member.Teams, member.CreatedAt);
}

/// <summary>The open invitations of the organisation.</summary>
/// <param name="Invitations">The latest first.</param>
public sealed record InvitationsResponse(IReadOnlyList<InvitationResponse> Invitations);

/// <summary>An invitation without its link.</summary>
public sealed record InvitationResponse
{
    public required string Email { get; init; }

    public required string Role { get; init; }

    public required IReadOnlyList<string>? Teams { get; init; }

    public required string InvitedBy { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    [Description("`pending`, `sent` or `dead` (not delivered, see `mailReason`); null where there is no mail server.")]
    public required string? Mail { get; init; }

    public required string? MailReason { get; init; }

    internal static InvitationResponse Of(InvitationRow row) => new()
    {
        Email = row.Email,
        Role = CallsEndpoint.Word(row.Role),
        Teams = row.Teams,
        InvitedBy = row.CreatedBy,
        ExpiresAt = row.ExpiresAt,
        Mail = row.Mail is { } mail ? CallsEndpoint.Word(mail) : null,
        MailReason = row.MailReason,
    };
}

/// <summary>What became of an invitation that was put.</summary>
/// <param name="Invitation">As it is now.</param>
/// <param name="Link">Where it was issued just now and nothing was mailed: the path under the installation's address that accepts it. It is not shown again.</param>
public sealed record InvitationPutResponse(InvitationResponse Invitation, string? Link);
