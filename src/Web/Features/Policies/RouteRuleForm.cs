using System.Globalization;
using System.Text.Json.Nodes;

namespace FinOps.Web.Features.Policies;

/// <summary>One rule of a route as a person writes it: for which calls, and who answers them.</summary>
public sealed class RouteRuleForm
{
    private readonly Dictionary<string, JsonNode?> _kept = new(StringComparer.Ordinal);

    /// <summary>Values with commas between them; nothing given: it holds always.</summary>
    public string Features { get; set; } = "";
    public string Teams { get; set; } = "";
    public string Tasks { get; set; } = "";
    public string MinBytes { get; set; } = "";
    public string MaxBytes { get; set; } = "";
    public string Tier { get; set; } = "1";

    /// <summary>One a line, <c>provider/model weight</c>; empty: <see cref="Answer"/> stands in their place.</summary>
    public string Targets { get; set; } = "";
    public string Answer { get; set; } = "";

    /// <summary>What it says and no field shows.</summary>
    public IEnumerable<string> Kept => _kept.Keys;

    public static RouteRuleForm Of(JsonObject rule)
    {
        var form = new RouteRuleForm();
        var kept = new PolicyFields(form._kept);
        kept.Take(rule, "", ("tier", node => PolicyFields.IsNumber(node, text => form.Tier = text)), ("answer", node => PolicyFields.IsText(node, text => form.Answer = text)),
            ("targets", node => PolicyFields.IsTargets(node, weighted: true, text => form.Targets = text)), ("when", node => node is JsonObject));
        if (rule["when"] is JsonObject when)
        {
            kept.Take(when, "when.", ("all", _ => when.Count == 1), ("feature", node => PolicyFields.IsList(node, text => form.Features = text)), ("team", node => PolicyFields.IsList(node, text => form.Teams = text)),
                ("task", node => PolicyFields.IsList(node, text => form.Tasks = text)), ("prompt_bytes", node => PolicyFields.IsRange(node, (min, max) => (form.MinBytes, form.MaxBytes) = (min, max))));
        }

        return form;
    }

    public JsonObject ToJson()
    {
        var (rule, when) = (new JsonObject(), new JsonObject());
        PolicyFields.List(when, "feature", Features);
        PolicyFields.List(when, "team", Teams);
        PolicyFields.List(when, "task", Tasks);
        PolicyFields.Range(when, MinBytes, MaxBytes);
        if (when.Count > 0) rule["when"] = when;
        rule["tier"] = PolicyForm.Number(Tier);
        if (Targets.Trim().Length > 0 || Answer.Length == 0) rule["targets"] = PolicyForm.Lines(Targets, weighted: true);
        if (Answer.Length > 0) rule["answer"] = Answer;
        foreach (var (path, value) in _kept) PolicyFields.Put(rule, path, value);
        return rule;
    }
}
