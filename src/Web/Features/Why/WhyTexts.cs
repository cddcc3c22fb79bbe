using FinOps.Analytics.Changes;
using FinOps.Domain.Changes;
using FinOps.Web.Parts;

namespace FinOps.Web.Features.Why;

/// <summary>How causes read. Pure.</summary>
public static class WhyTexts
{
    /// <summary>A second reason is named where it is at least this share of the first.</summary>
    private const decimal WorthNaming = 0.25m;

    public static string Name(ChangeCause cause) => cause switch
    {
        ChangeCause.Volume => "Call volume",
        ChangeCause.Mix => "Model mix",
        ChangeCause.TokensPerCall => "Tokens a call",
        ChangeCause.CacheRate => "Cache rate",
        ChangeCause.ServiceTier => "Service tier",
        ChangeCause.UnitPrice => "Unit price",
        ChangeCause.Other => "Other",
        ChangeCause.NewFeatures => "New features",
        ChangeCause.GoneFeatures => "Gone features",
        ChangeCause.GpuUse => "GPU use",
        ChangeCause.GpuIdle => "GPU idle",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    public static string Meaning(ChangeCause cause) => cause switch
    {
        ChangeCause.Volume => "A feature was called more or less often, each call as before",
        ChangeCause.Mix => "Other models answer a feature's calls",
        ChangeCause.TokensPerCall => "More or fewer tokens a call, read and written",
        ChangeCause.CacheRate => "Another part of the input comes from a prompt cache, or is written to one",
        ChangeCause.ServiceTier => "Another part was served as a batch, as flex, priority or fast",
        ChangeCause.UnitPrice => "The price book asks another price for the same tokens",
        ChangeCause.Other => "What those leave: long context, regions, fees, pictures and sound, calls without a price, answers from a response cache",
        ChangeCause.NewFeatures => "Features without calls in the period before",
        ChangeCause.GoneFeatures => "Features without calls in this period",
        ChangeCause.GpuUse => "GPU time that was used, or that nothing tells of",
        ChangeCause.GpuIdle => "GPU time that nobody used",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    /// <summary>"+$12.40", "−$3.10".</summary>
    public static string Signed(decimal amount) => amount switch
    {
        > 0 => "+" + Figures.Money(amount),
        < 0 => "−" + Figures.Money(-amount),
        _ => Figures.Money(0),
    };

    /// <summary>The whole answer in one sentence: by how much, mostly why, and what held against it.</summary>
    public static string Sentence(ChangeAnswer answer)
    {
        var change = answer.Change;
        if (change == 0) return "The bill did not change.";
        var percent = answer.Before > 0 ? $" ({(change > 0 ? "+" : "−")}{Figures.Share(Math.Abs(change), answer.Before)})" : "";
        var (with, against) = (Reasons(answer, change > 0), Reasons(answer, change < 0));
        var text = $"The bill {(change > 0 ? "rose" : "fell")} by {Figures.Money(Math.Abs(change))}{percent}, mostly because of {string.Join(" and ", with.Select(reason => Phrase(answer, reason)))}";
        return against.Count > 0 && Math.Abs(answer[against[0]]) >= WorthNaming * Math.Abs(answer[with[0]]) ? $"{text}; {Phrase(answer, against[0])} held against it." : text + ".";
    }

    /// <summary>At most two causes of one direction, the largest first. Of the direction of a change there is always one.</summary>
    private static IReadOnlyList<ChangeCause> Reasons(ChangeAnswer answer, bool up)
    {
        var causes = Enum.GetValues<ChangeCause>().Where(cause => up ? answer[cause] > 0 : answer[cause] < 0).OrderByDescending(cause => Math.Abs(answer[cause])).ToList();
        return [.. causes.Take(2).Where(cause => Math.Abs(answer[cause]) >= WorthNaming * Math.Abs(answer[causes[0]]))];
    }

    private static string Phrase(ChangeAnswer answer, ChangeCause cause)
    {
        var up = answer[cause] > 0;
        var where = Lead(answer, cause, up);
        var words = cause switch
        {
            ChangeCause.Volume => $"{(up ? "more" : "fewer")} calls of {where}",
            ChangeCause.Mix => $"{(up ? "dearer" : "cheaper")} models answering {where}",
            ChangeCause.TokensPerCall => $"{(up ? "more" : "fewer")} tokens a call in {where}",
            ChangeCause.CacheRate => $"{(up ? "less" : "more")} use of prompt caches in {where}",
            ChangeCause.ServiceTier => $"{(up ? "dearer" : "cheaper")} service tiers in {where}",
            ChangeCause.UnitPrice => $"{(up ? "higher" : "lower")} prices of {where}",
            ChangeCause.Other => $"what no list price tells (long context, fees, regions) in {where}",
            ChangeCause.NewFeatures => $"new features ({where})",
            ChangeCause.GoneFeatures => $"gone features ({where})",
            ChangeCause.GpuUse => $"{(up ? "more" : "less")} work on GPUs",
            _ => $"{(up ? "more" : "less")} idle GPU time",
        };
        return $"{words} ({Signed(answer[cause])})";
    }

    /// <summary>The feature (of prices: the model) with most of it, and how many others go its way.</summary>
    private static string Lead(ChangeAnswer answer, ChangeCause cause, bool up)
    {
        var members = answer.Calls.Pairs.GroupBy(pair => cause == ChangeCause.UnitPrice ? pair.Model : pair.Feature, StringComparer.Ordinal)
            .Select(group => (Name: group.Key, Amount: group.Sum(pair => pair[cause])))
            .Where(member => up ? member.Amount > 0 : member.Amount < 0)
            .OrderByDescending(member => Math.Abs(member.Amount)).ThenBy(member => member.Name, StringComparer.Ordinal).ToList();
        if (members.Count == 0) return "";
        var name = members[0].Name.Length == 0 ? "calls that tell no feature" : members[0].Name;
        return members.Count switch { 1 => name, 2 => $"{name} and another", _ => $"{name} and {members.Count - 1} others" };
    }
}
