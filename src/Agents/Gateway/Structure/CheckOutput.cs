using System.Text.Json;
using FinOps.Domain.Policies;
using FinOps.Gateway.Forwarding;
using FinOps.Gateway.Reporting;

namespace FinOps.Gateway.Structure;

/// <summary>What an answer is to the structure that was asked for. The names are in the counter, in snake case.</summary>
internal enum OutputVerdict : byte
{
    Valid,

    /// <summary>The model declined, or was kept from answering: an answer that is meant.</summary>
    Refused,

    /// <summary>It could not be told: too long, of a form that is not known, or beyond the limits of the check. Passes.</summary>
    Unchecked,

    /// <summary>It ended at the limit of tokens.</summary>
    Cut,
    NotJson,
    NotOfSchema,

    /// <summary>The tool that had to be called was not.</summary>
    NoTool,
}

/// <summary>Looks at an answer that must have a structure.</summary>
internal static class CheckOutput
{
    public static bool IsInvalid(OutputVerdict verdict) => verdict is OutputVerdict.Cut or OutputVerdict.NotJson or OutputVerdict.NotOfSchema or OutputVerdict.NoTool;

    /// <summary>After the attempt that got it, before it is reported: an answer that is not valid is an error of its attempt, which was paid all the same.</summary>
    public static FailedAnswer? Fail(ExpectedOutput expected, RequestOperation operation, HeldAnswer held, Attempt attempt, GatewayCounters counters)
    {
        if (attempt.Error.Length != 0) return null;
        var verdict = Of(expected, operation, held);
        counters.CountOutput(verdict);
        if (!IsInvalid(verdict)) return null;
        attempt.Error = "invalid_output";
        return new FailedAnswer(attempt, FailureClass.InvalidOutput, null, default, null) { Held = held };
    }

    private static OutputVerdict Of(ExpectedOutput expected, RequestOperation operation, HeldAnswer held)
    {
        if (held.Status != 200 || held.IsTooLong || held.IsBroken || held.IsEncoded) return OutputVerdict.Unchecked;
        var isStream = held.ContentType.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);
        return GivenOutput.Read(operation, held.Body, isStream) is { } given ? Of(expected, operation, given) : OutputVerdict.Unchecked;
    }

    public static OutputVerdict Of(ExpectedOutput expected, RequestOperation operation, GivenOutput given)
    {
        if (given.IsRefused) return OutputVerdict.Refused;
        if (given.IsCut) return OutputVerdict.Cut;
        if (expected.Tools is { } tools)
        {
            OutputVerdict? called = null;
            foreach (var (name, input) in given.Tools)
                if (called is null or OutputVerdict.Valid) called = tools.TryGetValue(name, out var schema) ? Of(input.Length == 0 ? "{}" : input, schema) : OutputVerdict.Unchecked;
            return called ?? OutputVerdict.NoTool;
        }

        // A model that calls a tool is not at its answer yet.
        if (given.Tools.Any()) return OutputVerdict.Valid;
        OutputVerdict? all = null;
        foreach (var text in given.Texts)
        {
            var one = Of(text, expected.Schema);
            // Of several choices each is an answer; of a response's messages one is, and others lead to it.
            if (operation == RequestOperation.Chat ? IsInvalid(one) : !IsInvalid(one)) return one;
            all = one;
        }

        return all ?? OutputVerdict.NotJson;
    }

    private static OutputVerdict Of(string text, JsonElement? schema)
    {
        try
        {
            using var document = JsonDocument.Parse(text, ExpectedOutput.Deep);
            var value = document.RootElement;
            if (schema is not { } expected) return value.ValueKind == JsonValueKind.Object ? OutputVerdict.Valid : OutputVerdict.NotJson;
            return SchemaCheck.Of(expected, value) switch
            {
                SchemaVerdict.Valid => OutputVerdict.Valid,
                SchemaVerdict.Invalid => OutputVerdict.NotOfSchema,
                _ => OutputVerdict.Unchecked,
            };
        }
        catch (JsonException)
        {
            return OutputVerdict.NotJson;
        }
        catch (InvalidOperationException)
        {
            // A text with half a letter, which is JSON and no Unicode.
            return OutputVerdict.Unchecked;
        }
    }
}
