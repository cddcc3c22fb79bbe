using System.Text;
using System.Text.RegularExpressions;

namespace FinOps.Domain.Pricing;

/// <summary>Why a listed model is taken for what a told name means.</summary>
public enum SuggestionReason
{
    /// <summary>The same name but for date, separators, case, path or a host's prefix.</summary>
    SameName,

    /// <summary>The told name contains the listed one, as names of deployments do.</summary>
    Contains,

    /// <summary>Few letters differ.</summary>
    FewLetters,
}

/// <summary>A model of the price book that a told name could stand for. Never used by itself: a person makes the alias.</summary>
/// <param name="Provider">Its seller, by the list's id.</param>
/// <param name="Model">Its entry's name.</param>
/// <param name="Score">0 to 1; below <see cref="ModelSuggestions.LeastScore"/> nothing is suggested.</param>
/// <param name="Reason">What the score goes by.</param>
public sealed record ModelSuggestion(string Provider, string Model, double Score, SuggestionReason Reason)
{
    /// <summary>Nothing else is near, and all prices of this one are 0: calls would cost nothing.</summary>
    public bool IsFree { get; init; }
}

/// <summary>Finds the names of the price book that are nearest to a name that it does not know. Pure.</summary>
public static partial class ModelSuggestions
{
    /// <summary>Fewer letters in common are chance.</summary>
    public const double LeastScore = 0.6;

    /// <summary>Shorter names (o1, o3) stand in too many others.</summary>
    private const int LeastLetters = 4;

    /// <summary>Names longer than this are not compared letter by letter.</summary>
    private const int MostLetters = 100;

    /// <param name="told">The provider as told; empty = none.</param>
    /// <param name="model">The model's name as told.</param>
    /// <param name="listed">Entries of the price book: seller and name.</param>
    /// <param name="most">How many to name, the best first.</param>
    /// <param name="isFree">Whether all prices of an entry are 0. Such a one (a seat of a coding assistant, say) is named only where no other is near.</param>
    public static IReadOnlyList<ModelSuggestion> For(
        string told, string model, IEnumerable<(string Provider, string Model)> listed, int most = 3, Func<string, string, bool>? isFree = null)
    {
        var name = Normal(model);
        if (name.Length == 0) return [];
        var seller = told.Length == 0 ? "" : ProviderNames.Seller(told);
        List<ModelSuggestion> near = [.. listed
            .Select(entry => Compare(name, entry.Provider, entry.Model) is { } found ? found with { Score = Math.Round(found.Score + Nearness(seller, entry.Provider), 3) } : null)
            .OfType<ModelSuggestion>()
            .Where(found => found.Score >= LeastScore)
            .OrderByDescending(found => found.Score)
            // Of equals the shorter name says less than it does not know.
            .ThenBy(found => found.Model.Length)
            .ThenBy(found => found.Provider, StringComparer.Ordinal).ThenBy(found => found.Model, StringComparer.Ordinal)
            .DistinctBy(found => Normal(found.Model) + found.Provider)];
        if (isFree is null) return [.. near.Take(most)];
        var billed = near.FindAll(found => !isFree(found.Provider, found.Model));
        return billed.Count != 0 ? [.. billed.Take(most)] : [.. near.Take(most).Select(found => found with { IsFree = true })];
    }

    /// <summary>Lower case, without path, host's prefix, version and date, separated by hyphens: <c>us.anthropic.claude-haiku-4-5-20251001-v1:0</c> → <c>claude-haiku-4-5</c>.</summary>
    internal static string Normal(string model)
    {
        var name = model.Trim().ToLowerInvariant();
        name = name[(name.LastIndexOf('/') + 1)..];
        name = HostPrefix().Replace(name, "");
        name = Separators().Replace(name, "-");
        for (var before = ""; before != name;)
        {
            before = name;
            name = Suffix().Replace(name, "").Trim('-');
        }

        return name;
    }

    private static ModelSuggestion? Compare(string name, string provider, string listed)
    {
        var entry = Normal(listed);
        if (entry.Length == 0) return null;
        var (letters, wanted) = (Letters(name), Letters(entry));
        if (letters == wanted) return new ModelSuggestion(provider, listed, name == entry ? 0.95 : 0.92, SuggestionReason.SameName);
        if (wanted.Length >= LeastLetters)
        {
            var share = (double)wanted.Length / letters.Length;
            if (('-' + name + '-').Contains('-' + entry + '-', StringComparison.Ordinal)) return new ModelSuggestion(provider, listed, 0.7 + 0.2 * share, SuggestionReason.Contains);
            if (letters.Contains(wanted, StringComparison.Ordinal)) return new ModelSuggestion(provider, listed, 0.6 + 0.2 * share, SuggestionReason.Contains);
        }

        if (Math.Max(letters.Length, wanted.Length) is var longest && (longest > MostLetters || Math.Abs(letters.Length - wanted.Length) > longest / 4)) return null;
        // The figures of a name tell models apart that differ by little else: gpt-4o is no misspelt gpt-4.
        if (Figures(name) != Figures(entry)) return null;
        return new ModelSuggestion(provider, listed, 0.9 * (1 - (double)Distance(letters, wanted) / longest), SuggestionReason.FewLetters);
    }

    /// <summary>The told seller's own list first; then who makes the model, then who hosts it.</summary>
    private static double Nearness(string seller, string provider) =>
        seller == provider ? 0.05 : ProviderNames.Vendors.ContainsKey(provider) ? 0.02 : 0;

    private static string Letters(string name)
    {
        var letters = new StringBuilder(name.Length);
        foreach (var letter in name)
            if (char.IsLetterOrDigit(letter)) letters.Append(letter);
        return letters.ToString();
    }

    private static string Figures(string name) => string.Join(' ', Digits().Matches(name).Select(match => match.Value));

    /// <summary>Letters to add, to take away or to replace (Levenshtein).</summary>
    private static int Distance(string a, string b)
    {
        var (before, now) = (new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++) before[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            now[0] = i;
            for (var j = 1; j <= b.Length; j++)
                now[j] = Math.Min(Math.Min(now[j - 1], before[j]) + 1, before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            (before, now) = (now, before);
        }

        return before[b.Length];
    }

    [GeneratedRegex(@"^(?:(?:us|eu|apac|jp|au|global)\.)?(?:anthropic|amazon|meta|mistral|cohere|deepseek|openai|google|qwen)[.:]|^ft:", RegexOptions.CultureInvariant)]
    private static partial Regex HostPrefix();

    [GeneratedRegex(@"[\s._:@+]+|-{2,}", RegexOptions.CultureInvariant)]
    private static partial Regex Separators();

    [GeneratedRegex(@"-(?:20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|\d{2}-\d{2}|(?:0[1-9]|1[0-2])\d{2}|v\d+(?:-\d+)?|latest|preview)$", RegexOptions.CultureInvariant)]
    private static partial Regex Suffix();

    [GeneratedRegex(@"\d+[a-z]?", RegexOptions.CultureInvariant)]
    private static partial Regex Digits();
}
