using FinOps.Analytics.Policies;
using FinOps.Domain.Policies;
using FinOps.Domain.Usage;

namespace FinOps.Web.Features.GatewayKeys;

/// <summary>What a person fills in to make a gateway key, or to change one. Knows nothing of rendering.</summary>
public sealed class GatewayKeyForm
{
    /// <summary>Lives that are offered; a key of another one is made by the API.</summary>
    public static readonly IReadOnlyList<(int Days, string Label)> Lives = [(0, "no end"), (30, "30 days"), (90, "90 days"), (365, "one year")];

    /// <summary>As a choice of <see cref="LifeDays"/>: the end that the key has already.</summary>
    public const int Unchanged = -1;

    private readonly Dictionary<Tag, string> _tags = VirtualKey.Bindable.ToDictionary(tag => tag, _ => "");
    private DateTimeOffset? _expiresAt;

    /// <summary>Null: it is a new one.</summary>
    public string? Changes { get; private init; }

    public string Id { get; set; } = "";
    public string Name { get; set; } = "";

    /// <summary>With commas between them, as <see cref="Providers"/>; empty: all.</summary>
    public string Models { get; set; } = "";
    public string Providers { get; set; } = "";
    public int LifeDays { get; set; }
    public bool Enabled { get; set; } = true;

    public static GatewayKeyForm Of(GatewayKey key)
    {
        var form = new GatewayKeyForm
        {
            Changes = key.Id,
            Id = key.Id,
            Name = key.Name,
            Models = string.Join(", ", key.Models),
            Providers = string.Join(", ", key.Providers),
            LifeDays = key.ExpiresAt is null ? 0 : Unchanged,
            Enabled = key.Enabled,
            _expiresAt = key.ExpiresAt,
        };
        foreach (var (tag, value) in key.Tags) form._tags[tag] = value;
        return form;
    }

    public string TagOf(Tag tag) => _tags[tag];

    public void Bind(Tag tag, string? value) => _tags[tag] = value?.Trim() ?? "";

    public GatewayKeyDraft ToDraft(DateTimeOffset now) => new(Name)
    {
        Tags = _tags.Where(tag => tag.Value.Length > 0).ToDictionary(),
        Models = Split(Models),
        Providers = Split(Providers),
        ExpiresAt = LifeDays == Unchanged ? _expiresAt : LifeDays > 0 ? now.AddDays(LifeDays) : null,
        Enabled = Enabled,
    };

    private static string[] Split(string typed) => typed.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
