using FinOps.Analytics.Tenancy;
using FinOps.Domain.Tenancy;
using FinOps.Domain.Usage;

namespace FinOps.Web.Features.Settings;

/// <summary>What a person fills in to make a key. Knows nothing of rendering.</summary>
public sealed class KeyForm
{
    /// <summary>Lives that are offered; a key of another one is made by the API.</summary>
    public static readonly IReadOnlyList<(int Days, string Label)> Lives = [(0, "no end"), (30, "30 days"), (90, "90 days"), (365, "one year")];

    private readonly HashSet<string> _scopes = [.. KeyScopes.Usual];
    private readonly Dictionary<Tag, string> _tags = BoundTags.Bindable.ToDictionary(tag => tag, _ => "");

    public string Name { get; set; } = "";

    public KeyKind Kind { get; set; } = KeyKind.Ingest;

    public Guid Project { get; set; }

    public int LifeDays { get; set; }

    public bool Has(string scope) => _scopes.Contains(scope);

    public void Toggle(string scope)
    {
        if (!_scopes.Remove(scope)) _scopes.Add(scope);
    }

    public string TagOf(Tag tag) => _tags[tag];

    public void Bind(Tag tag, string? value) => _tags[tag] = value?.Trim() ?? "";

    public NewAccessKey ToKey(DateTimeOffset now)
    {
        var isApi = Kind == KeyKind.Api;
        return new NewAccessKey(new ProjectId(Project), Kind, Name.Trim())
        {
            Scopes = isApi ? [.. _scopes] : [],
            BoundTags = isApi ? new Dictionary<Tag, string>() : _tags.Where(tag => tag.Value.Length > 0).ToDictionary(),
            ExpiresAt = LifeDays > 0 ? now.AddDays(LifeDays) : null,
        };
    }
}
