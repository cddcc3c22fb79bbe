using MudBlazor;

namespace FinOps.Web.Shell;

/// <summary>MudBlazor's tones, equal to those of <c>app.css</c>.</summary>
internal static class Theme
{
    private static readonly string[] Fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "DejaVu Sans", "sans-serif"];

    public static readonly MudTheme Product = new()
    {
        PaletteLight = new PaletteLight
        {
            Primary = "#0B63BE",
            Background = "#F6F7F9",
            Surface = "#FFFFFF",
            TextPrimary = "#1A2330",
            TextSecondary = "#596573",
            AppbarBackground = "#FFFFFF",
            AppbarText = "#1A2330",
            LinesDefault = "#DFE4EA",
            Divider = "#DFE4EA",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#6CB0F5",
            Background = "#11161D",
            Surface = "#181F28",
            TextPrimary = "#E8ECF2",
            TextSecondary = "#A3AFBD",
            AppbarBackground = "#181F28",
            AppbarText = "#E8ECF2",
            LinesDefault = "#2B3440",
            Divider = "#2B3440",
        },
        Typography = new Typography { Default = new DefaultTypography { FontFamily = Fonts, FontSize = ".9375rem" } },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px" },
    };
}
