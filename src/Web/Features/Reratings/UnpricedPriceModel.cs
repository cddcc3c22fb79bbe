using System.Globalization;
using FinOps.Analytics.Unpriced;
using FinOps.Domain.Pricing;
using FinOps.Web.Features.Prices;

namespace FinOps.Web.Features.Reratings;

/// <summary>What stands in the form that gives a name prices of its own: texts as people type them. Knows nothing of rendering.</summary>
public sealed class UnpricedPriceModel
{
    /// <summary>Prices of one form; more are made one by one on the page of the model.</summary>
    public const int MaxLines = 12;

    private UnpricedPriceModel(UnpricedModel of, UnpricedSuggestion? example)
    {
        (Of, Example) = (of, example);
        Seller = of.Provider.Length != 0 ? of.Provider : example?.Model.Provider ?? "";
        // The book has prices for another time: those here hold until the day after the last call without one.
        if (of.Reason == UnpricedReason.NoPriceThen) To = of.Last.UtcDateTime.Date.AddDays(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Reason = $"{of.Model} has a price of its own";
        Lines = example is { Prices.Count: > 0 }
            ? [.. example.Prices.Select(price => new PriceLine { Meter = price.Meter, Amount = price.Price.ToString("0.############", CultureInfo.InvariantCulture) })]
            : of.Reason == UnpricedReason.PartWithoutPrice ? [new PriceLine { Meter = Meter.Image }] : [new PriceLine { Meter = Meter.Input }, new PriceLine { Meter = Meter.Output }];
    }

    /// <summary>Filled with the told names, and with the best suggestion's prices where there is one that costs anything.</summary>
    public static UnpricedPriceModel For(UnpricedModel of) => new(of, of.Suggestions.FirstOrDefault(suggestion => !suggestion.Model.IsFree));

    public UnpricedModel Of { get; }

    /// <summary>Whose prices the form was filled with; null = nobody's.</summary>
    public UnpricedSuggestion? Example { get; }
    public string Seller { get; set; }
    public List<PriceLine> Lines { get; }

    /// <summary>Days of UTC; empty = always.</summary>
    public string From { get; set; } = "";
    public string To { get; set; } = "";
    public string Reason { get; set; }

    /// <summary>One more meter, the first in the usual order that is not there.</summary>
    public void Add()
    {
        if (Lines.Count < MaxLines) Lines.Add(new PriceLine { Meter = PriceTexts.Offered.First(meter => Lines.TrueForAll(line => line.Meter != meter)) });
    }

    /// <summary>Null where the form says something that can be tried; otherwise what to change.</summary>
    public string? FindProblem()
    {
        var (rows, problem) = ToRows();
        if (rows is null) return problem;
        return rows.Select(row => OwnPriceRules.FindProblem(OwnPriceRules.Normal(row))).FirstOrDefault(wrong => wrong is not null)
            ?? (Reason.Trim().Length == 0 ? "Say why: it stands in the price's history." : null);
    }

    /// <summary>A row for each line, all of the told name alone. Lines without an amount say nothing.</summary>
    public (IReadOnlyList<PriceRow>? Rows, string? Problem) ToRows()
    {
        if (!PriceFormModel.TryDay(From, out var from) || !PriceFormModel.TryDay(To, out var to)) return (null, "Give days as 2026-12-01.");
        List<PriceRow> rows = [];
        foreach (var line in Lines.Where(line => line.Amount.Trim().Length != 0))
        {
            if (!PriceFormModel.TryAmount(line.Amount, out var amount)) return (null, $"Give the price of {PriceTexts.Title(line.Meter)} in USD, for example 1.25.");
            if (rows.Exists(row => row.Meter == line.Meter)) return (null, $"{PriceTexts.Title(line.Meter)} stands there twice.");
            rows.Add(new PriceRow
            {
                Provider = Seller,
                Model = Of.Model,
                Match = ModelMatch.Exactly(Of.Model),
                Meter = line.Meter,
                UnitSize = OwnPriceRules.UsualUnitSize(line.Meter),
                Price = amount,
                ValidFrom = from,
                ValidTo = to,
            });
        }

        return rows.Count == 0 ? (null, "Give at least one price.") : (rows, null);
    }

    /// <summary>A meter and its price as typed: USD for the meter's usual size.</summary>
    public sealed class PriceLine
    {
        public Meter Meter { get; set; }
        public string Amount { get; set; } = "";
    }
}
