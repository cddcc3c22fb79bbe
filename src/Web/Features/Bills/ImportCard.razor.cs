using FinOps.Analytics.Bills;
using FinOps.Analytics.Tenancy;
using FinOps.Web.Authentication;
using FinOps.Web.Parts;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Options;

namespace FinOps.Web.Features.Bills;

/// <summary>From a file to a bill: shows how it is read and what is wrong, and imports nothing before a person says so.</summary>
public sealed partial class ImportCard : IAsyncDisposable
{
    private FileStream? _file;
    private string _fileName = "";
    private BillPeek? _peek;
    private BillMapping _form = new() { Columns = new Dictionary<BillColumn, string>() };
    private BillFile? _read;
    private BillImport? _earlier;
    private IReadOnlyList<KeptMapping> _kept = [];
    private bool _replaces;
    private string _name = "";
    private string? _busy;
    private string? _problem;
    private string? _said;

    [Parameter, EditorRequired] public required TenantSession Session { get; set; }
    [Inject] private Analytics.Bills.Bills Bills { get; set; } = null!;
    [Inject] private ReadForeignBill Reader { get; set; } = null!;
    [Inject] private IOptions<BillOptions> Options { get; set; } = null!;
    [Inject] private NavigationManager Navigation { get; set; } = null!;

    private async Task ChooseAsync(InputFileChangeEventArgs chosen)
    {
        if (!Session.May(AccessPolicies.ManageBills)) return;
        await CloseAsync();
        (_problem, _said, _busy, _fileName) = (null, null, "Reading the file…", chosen.File.Name);
        var most = Options.Value.MaxFileBytes;
        if (chosen.File.Size > most)
        {
            (_problem, _busy) = ($"The file has {Figures.Bytes(chosen.File.Size)}; the most is {Figures.Bytes(most)}. Nothing was imported: cut it by month.", null);
            return;
        }

        try
        {
            // It stays on this machine until the page is left, and never in memory as a whole.
            _file = new FileStream(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            await using (var upload = chosen.File.OpenReadStream(most)) await upload.CopyToAsync(_file);
        }
        catch (IOException)
        {
            await CloseAsync();
            (_problem, _busy) = ("The file did not arrive whole. Nothing was imported: choose it again.", null);
            return;
        }

        _file.Position = 0;
        _peek = await GuessMapping.OfAsync(_file, CancellationToken.None);
        _kept = await Bills.MappingsAsync(Session.Tenant, CancellationToken.None);
        // Who sent the file before has most likely sent this one, where the file does not say it itself.
        await ChangeAsync(_peek.Mapping.Provider.Length == 0 && !_peek.Mapping.Columns.ContainsKey(BillColumn.Provider) ? _peek.Mapping with { Provider = _form.Provider } : _peek.Mapping);
    }

    private Task TakeAsync(string? name)
    {
        _name = name ?? "";
        return ChangeAsync(_kept.FirstOrDefault(kept => kept.Name == name) is { } found ? BillMapping.FromJson(found.Mapping) : _peek!.Mapping);
    }

    private Task MapAsync(BillColumn column, string? head)
    {
        var columns = new Dictionary<BillColumn, string>(_form.Columns);
        if (string.IsNullOrEmpty(head)) columns.Remove(column);
        else columns[column] = head;
        return ChangeAsync(_form with { Columns = columns });
    }

    /// <summary>The whole file is read anew with each change, so that what is shown is what would be imported.</summary>
    private async Task ChangeAsync(BillMapping mapping)
    {
        (_form, _busy, _replaces, _earlier) = (mapping, "Reading the file…", false, null);
        StateHasChanged();
        _read = await Reader.ReadAsync(Session.Tenant, _file!, mapping, CancellationToken.None);
        if (_read.Errors.Count == 0) _earlier = await Bills.FindEarlierAsync(Session.Tenant, _read, CancellationToken.None);
        _busy = null;
    }

    private async Task ImportAsync()
    {
        // The card is hidden from others; the circuit is not to be trusted with that.
        if (!Session.May(AccessPolicies.ManageBills) || _read is not { Errors.Count: 0 } file) return;
        _busy = $"Importing {Figures.CountExact(file.Lines.Count)} lines…";
        StateHasChanged();
        var import = await Bills.ImportAsync(Session.Tenant, file, _form, _fileName, _replaces, Session.Actor, CancellationToken.None);
        _busy = null;
        if (import.Bill is { } bill)
        {
            await CloseAsync();
            Navigation.NavigateTo($"/bills/{bill.Id}");
            return;
        }

        // Somebody else was faster.
        _earlier = import;
    }

    private async Task KeepAsync()
    {
        if (!Session.May(AccessPolicies.ManageBills)) return;
        try
        {
            await Bills.KeepMappingAsync(Session.Tenant, _name, _form, Session.Actor, CancellationToken.None);
            _kept = await Bills.MappingsAsync(Session.Tenant, CancellationToken.None);
            _said = "Kept for the next bill of this kind.";
        }
        catch (TenancyException refusal)
        {
            _said = refusal.Message;
        }
    }

    private async Task CloseAsync()
    {
        if (_file is not null) await _file.DisposeAsync();
        (_file, _peek, _read, _earlier) = (null, null, null, null);
    }

    public ValueTask DisposeAsync() => new(CloseAsync());
}
