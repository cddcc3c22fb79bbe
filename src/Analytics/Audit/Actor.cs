namespace FinOps.Analytics.Audit;

/// <summary>What kind of author an act has.</summary>
public enum ActorKind : byte
{
    /// <summary>A person who is signed in, or tries to be.</summary>
    User = 1,

    /// <summary>A program with a key.</summary>
    Key = 2,

    /// <summary>The installation itself: a job, or its start.</summary>
    Job = 3,
}

/// <summary>Who does something that is recorded.</summary>
/// <param name="Id">The user's or the key's id; the job's name.</param>
/// <param name="Name">As people know them: an e-mail address, the name of the key, the name of the job.</param>
/// <param name="Address">The network address that they came from; null where there is none.</param>
public sealed record Actor(ActorKind Kind, string Id, string Name, string? Address = null)
{
    /// <summary>The first start, which makes what the operator configured.</summary>
    public static Actor Start { get; } = OfJob("start");

    public static Actor OfUser(Guid id, string email, string? address = null) => new(ActorKind.User, id.ToString(), email, address);

    public static Actor OfKey(Guid id, string name, string? address = null) => new(ActorKind.Key, id.ToString(), name, address);

    public static Actor OfJob(string name) => new(ActorKind.Job, name, name);
}
