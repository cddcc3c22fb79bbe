namespace FinOps.Web.Parts;

/// <summary>
/// One colour per member, the same on every page and after every reload: a hash of the name picks from ten colours that stay apart for
/// the colour-blind in both themes (Okabe and Ito's set, extended). Neighbours that would share a colour on one chart are moved on.
/// </summary>
public static class Palette
{
    private static readonly string[] Colors =
        ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#7A68C4", "#8C9A2B", "#B0596B", "#3FA7A0"];

    /// <summary>"other", and calls that do not tell the dimension: not a member, so not a colour.</summary>
    public const string Other = "#8A94A6";

    /// <summary>The colour of a member by itself.</summary>
    public static string Of(string member) => member.Length == 0 ? Other : Colors[Slot(member)];

    /// <summary>Colours of the members of one chart, in their given order; a member whose own colour is taken gets the next free one.</summary>
    public static IReadOnlyDictionary<string, string> Of(IEnumerable<string> members)
    {
        var taken = new bool[Colors.Length];
        var colors = new Dictionary<string, string>(StringComparer.Ordinal);
        // Taken in alphabetical order, so that a changed ranking does not change the colours.
        foreach (var member in members.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (member.Length == 0)
            {
                colors[member] = Other;
                continue;
            }

            var slot = Slot(member);
            for (var tried = 0; taken[slot] && tried < Colors.Length; tried++) slot = (slot + 1) % Colors.Length;
            taken[slot] = true;
            colors[member] = Colors[slot];
        }

        return colors;
    }

    private static int Slot(string member)
    {
        // FNV-1a: stable between processes, unlike string.GetHashCode.
        var hash = 2166136261u;
        foreach (var c in member) hash = (hash ^ c) * 16777619u;
        return (int)(hash % (uint)Colors.Length);
    }
}
