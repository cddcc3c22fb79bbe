using FinOps.Analytics.Deletion;
using FinOps.Analytics.Installation;
using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Installation;

/// <summary>One page of the organisations, and what each uses as it comes. Knows nothing of rendering.</summary>
public sealed class InstallationPageModel(Installations installations, TenantUsageReader usage, TenantDeletions deletions, TimeProvider time)
{
    /// <summary>Organisations that are measured at once. Default 4: the console must not crowd out their own pages.</summary>
    private const int AtOnce = 4;

    /// <summary>No call for this long, though there were some: worth a look.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromDays(1);

    public sealed record Listed(IReadOnlyList<TenantRow> Tenants, bool More);

    public Loaded<Listed> Tenants { get; } = new();

    /// <summary>What became of organisations that were to be deleted, the latest first.</summary>
    public Loaded<IReadOnlyList<TenantDeletion>> Deletions { get; } = new();

    public bool IsDeleting => Deletions.Value?.Any(deletion => deletion.FinishedAt is null) == true;

    /// <summary>By organisation; one that is not there yet is being measured, or could not be.</summary>
    public Dictionary<TenantId, Loaded<TenantUsageAnswer>> Usage { get; private set; } = [];

    public static int PageOf(ViewAddress address) => int.TryParse(address.Get("page"), out var page) && page is > 0 and < 10_000 ? page : 0;

    public async Task LoadAsync(ViewAddress address, Asking asking)
    {
        await Tenants.LoadAsync(async token =>
        {
            var rows = await installations.ListAsync(address.Get("search") ?? "", PageOf(address), token);
            return new Listed([.. rows.Take(Installations.PageSize)], rows.Count > Installations.PageSize);
        }, asking);
        await Deletions.LoadAsync(deletions.ListAsync, asking);
        if (Tenants.Value is not { } listed) return;
        Usage = listed.Tenants.ToDictionary(tenant => tenant.Id, tenant => Usage.GetValueOrDefault(tenant.Id) ?? new Loaded<TenantUsageAnswer>());
        using var places = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(Usage.Select(one => MeasureAsync(one.Key, one.Value, places, asking)));
    }

    private async Task MeasureAsync(TenantId tenant, Loaded<TenantUsageAnswer> answer, SemaphoreSlim places, Asking asking)
    {
        await places.WaitAsync(asking.Left);
        try
        {
            await answer.LoadAsync(token => usage.AskAsync(new TenantUsageQuestion(tenant, time.GetUtcNow()), token), asking with { Anew = false });
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>In one word, and whether it is worth a look.</summary>
    public (string Word, bool Warn) StateOf(TenantRow tenant)
    {
        if (tenant.Suspension is not null) return ("suspended", true);
        if (tenant.Admins == 0) return ("no administrator", true);
        if (Usage.GetValueOrDefault(tenant.Id)?.Value is not { } used) return ("", false);
        if (used.LastReceivedAt is not { } received) return ("never sent", false);
        return time.GetUtcNow() - received > Quiet ? ("quiet", false) : ("live", false);
    }
}
