namespace FinOps.Analytics.Audit;

/// <summary>The words for what was done: subject, full stop, past participle. A word that is not here is refused, so that a filter never misses a spelling.</summary>
public static class AuditActs
{
    public const string OrganisationCreated = "organisation.created";
    public const string OrganisationRenamed = "organisation.renamed";
    public const string OrganisationSuspended = "organisation.suspended";
    public const string OrganisationResumed = "organisation.resumed";
    public const string QuotasChanged = "quotas.changed";
    public const string ProjectCreated = "project.created";
    public const string MemberAdded = "member.added";
    public const string MemberRoleChanged = "member.role_changed";
    public const string MemberScopeChanged = "member.scope_changed";
    public const string MemberRemoved = "member.removed";
    public const string InvitationSent = "invitation.sent";
    public const string InvitationAccepted = "invitation.accepted";
    public const string InvitationRevoked = "invitation.revoked";
    public const string KeyCreated = "key.created";
    public const string KeyChanged = "key.changed";
    public const string KeyRotated = "key.rotated";
    public const string KeyRevoked = "key.revoked";
    public const string SignInSucceeded = "sign_in.succeeded";
    public const string SignInFailed = "sign_in.failed";
    public const string SignInLockedOut = "sign_in.locked_out";
    public const string SessionRevoked = "session.revoked";
    public const string PasswordChanged = "password.changed";
    public const string TwoFactorEnabled = "two_factor.enabled";
    public const string TwoFactorDisabled = "two_factor.disabled";
    public const string TwoFactorCodesMade = "two_factor.codes_made";
    public const string OrganisationDeletionRequested = "organisation.deletion_requested";
    public const string UserErasureRequested = "user.erasure_requested";
    public const string RetentionChanged = "retention.changed";
    public const string SamplingChanged = "sampling.changed";
    public const string SampleRead = "sample.read";
    public const string SamplesExported = "samples.exported";
    public const string PriceAdded = "price.added";
    public const string PriceChanged = "price.changed";
    public const string PriceEnded = "price.ended";
    public const string AliasAdded = "price_alias.added";
    public const string AliasEnded = "price_alias.ended";
    public const string PriceChangeUndone = "price_change.undone";
    public const string CurrencyChanged = "currency.changed";
    public const string RatesImported = "currency_rates.imported";
    public const string DataExported = "data.exported";
    public const string DataDeleted = "data.deleted";
    public const string ReratingRequested = "rerating.requested";
    public const string ReratingApplied = "rerating.applied";
    public const string ReratingReverted = "rerating.reverted";
    public const string ReratingCancelled = "rerating.cancelled";
    public const string AuditExported = "audit.exported";
    public const string InstallationBackedUp = "installation.backed_up";
    public const string InstallationRestored = "installation.restored";

    /// <summary>Every act with what it means, for filters and for docs/audit.md.</summary>
    public static readonly IReadOnlyDictionary<string, string> All = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [OrganisationCreated] = "An organisation was made",
        [OrganisationRenamed] = "An organisation got another name",
        [OrganisationSuspended] = "An operator suspended an organisation",
        [OrganisationResumed] = "An operator let a suspended organisation go on",
        [QuotasChanged] = "An operator changed an organisation's quotas",
        [ProjectCreated] = "A project was made",
        [MemberAdded] = "A person became a member",
        [MemberRoleChanged] = "A member got another role",
        [MemberScopeChanged] = "What a member may see was limited or widened",
        [MemberRemoved] = "A member was removed",
        [InvitationSent] = "A person was invited",
        [InvitationAccepted] = "An invitation was accepted",
        [InvitationRevoked] = "An invitation was taken back",
        [KeyCreated] = "A key was made",
        [KeyChanged] = "A key's name, scopes, expiry or bound tags were changed",
        [KeyRotated] = "A key got a successor and an end",
        [KeyRevoked] = "A key was revoked",
        [SignInSucceeded] = "A person signed in",
        [SignInFailed] = "A sign-in failed",
        [SignInLockedOut] = "An account was locked after too many failures",
        [SessionRevoked] = "A session was ended from another one",
        [PasswordChanged] = "A person changed their password",
        [TwoFactorEnabled] = "A second factor was set up",
        [TwoFactorDisabled] = "A second factor was removed",
        [TwoFactorCodesMade] = "New recovery codes were made",
        [OrganisationDeletionRequested] = "An operator asked for the deletion of an organisation",
        [UserErasureRequested] = "The erasure of a user was asked for",
        [RetentionChanged] = "How long data is kept was changed",
        [SamplingChanged] = "How much of a project's prompts and answers is kept was changed",
        [SampleRead] = "A prompt and answer was read",
        [SamplesExported] = "Prompts and answers were exported",
        [PriceAdded] = "Prices or discounts of the organisation's own were made",
        [PriceChanged] = "An own price was changed, from a day on or as a correction",
        [PriceEnded] = "An own price got an end, or was taken back",
        [AliasAdded] = "A told name got a model that it stands for",
        [AliasEnded] = "An alias got an end, or was taken back",
        [PriceChangeUndone] = "The last change of own prices was undone",
        [CurrencyChanged] = "The billing currency was changed",
        [RatesImported] = "Exchange rates were imported",
        [DataExported] = "Figures were exported",
        [DataDeleted] = "Data was deleted, with the numbers of rows",
        [ReratingRequested] = "Calls were to be rated anew, as a preview",
        [ReratingApplied] = "The costs of a re-rating became the calls' costs",
        [ReratingReverted] = "A re-rating was taken back",
        [ReratingCancelled] = "A re-rating was cancelled",
        [AuditExported] = "The audit record was exported",
        [InstallationBackedUp] = "Everything was written into a backup",
        [InstallationRestored] = "A backup took the place of everything",
    };
}
