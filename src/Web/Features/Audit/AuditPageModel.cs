using System.Globalization;
using FinOps.Analytics.Audit;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Audit;

/// <summary>One page of the tenant's audit record, as the address asks for it. Knows nothing of rendering.</summary>
public sealed class AuditPageModel(AuditReader audit, TimeProvider time)
{
    public Loaded<AuditAnswer> Page { get; } = new();

    /// <summary>What the last verification found; empty until one was asked for.</summary>
    public Loaded<AuditVerdict> Verdict { get; } = new();

    public static AuditQuestion Question(TenantId tenant, ViewAddress address, DateTimeOffset now, TimeZoneInfo zone)
    {
        var (from, to) = address.Range.Resolve(now, zone);
        return new AuditQuestion(tenant)
        {
            From = from,
            To = to,
            Actor = address.Get("actor"),
            Act = address.Get("act"),
            Subject = address.Get("subject"),
            Before = long.TryParse(address.Get("before"), NumberStyles.None, CultureInfo.InvariantCulture, out var before) ? before : null,
        };
    }

    public Task LoadAsync(TenantId tenant, ViewAddress address, TimeZoneInfo zone, Asking asking)
    {
        var question = Question(tenant, address, time.GetUtcNow(), zone);
        return Page.LoadAsync(token => audit.AskAsync(question, token), asking);
    }

    public Task VerifyAsync(TenantId tenant, Asking asking) => Verdict.LoadAsync(token => audit.VerifyAsync(tenant, token), asking);

    /// <summary>The address of an export of what the page shows, all pages of it. The range goes along as instants, so that days stay those of the reader's zone.</summary>
    public string ExportLink(string format, ViewAddress address, TimeZoneInfo zone)
    {
        var (from, to) = address.Range.Resolve(time.GetUtcNow(), zone);
        var query = new List<KeyValuePair<string, string?>>
        {
            new("format", format),
            new("from", from.ToString("O", CultureInfo.InvariantCulture)),
            new("to", to.ToString("O", CultureInfo.InvariantCulture)),
        };
        foreach (var name in (string[])["actor", "act", "subject"])
            if (address.Get(name) is { } value) query.Add(new(name, value));
        return Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(AuditExport.ExportPath, query);
    }
}
