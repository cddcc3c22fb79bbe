using FinOps.Domain.Usage;

namespace FinOps.Gateway.Keys;

/// <summary>Whose a call is. Null = not told.</summary>
internal struct CallTags
{
    /// <summary>Longer values are cut, as ingest does.</summary>
    public const int MaxLength = 256;

    private string? _feature, _user, _team, _customer, _environment, _service, _session;

    public string? this[Tag tag]
    {
        readonly get => tag switch
        {
            Tag.Feature => _feature,
            Tag.User => _user,
            Tag.Team => _team,
            Tag.Customer => _customer,
            Tag.Environment => _environment,
            Tag.Service => _service,
            Tag.Session => _session,
            _ => null,
        };
        set
        {
            switch (tag)
            {
                case Tag.Feature: _feature = value; break;
                case Tag.User: _user = value; break;
                case Tag.Team: _team = value; break;
                case Tag.Customer: _customer = value; break;
                case Tag.Environment: _environment = value; break;
                case Tag.Service: _service = value; break;
                case Tag.Session: _session = value; break;
                default: throw new ArgumentOutOfRangeException(nameof(tag), tag, null);
            }
        }
    }

    /// <summary>Sets a tag that nobody with more to say has set.</summary>
    public void Offer(Tag tag, string? value)
    {
        if (string.IsNullOrEmpty(value) || this[tag] is not null) return;
        this[tag] = value.Length <= MaxLength ? value : value[..MaxLength];
    }

    /// <summary>The names that headers, metadata and configuration have for them.</summary>
    public static bool TryParseName(ReadOnlySpan<char> name, out Tag tag)
    {
        (var known, tag) = name switch
        {
            "feature" => (true, Tag.Feature),
            "user" or "user_id" or "userId" or "_user" => (true, Tag.User),
            "team" or "cost_center" => (true, Tag.Team),
            "customer" or "customer_id" or "customerId" or "tenant" or "tenant_id" => (true, Tag.Customer),
            "environment" or "env" => (true, Tag.Environment),
            "service" => (true, Tag.Service),
            "session" or "session_id" or "sessionId" => (true, Tag.Session),
            _ => (false, default),
        };
        return known;
    }
}
