using FinOps.Domain.Tenancy;

namespace FinOps.Domain.Quotas;

/// <summary>
/// Waiting work of many tenants: first come, first served within each, and round the tenants among them. However much one tenant waits for, another's turn
/// comes after at most one piece of each tenant. The caller locks.
/// </summary>
public sealed class FairQueue<TItem> where TItem : class
{
    private readonly Dictionary<TenantId, LinkedList<TItem>> _items = [];

    // Each tenant that waits, once; the next in turn first.
    private readonly LinkedList<TenantId> _turns = [];

    public int Count { get; private set; }

    public int WaitingOf(TenantId tenant) => _items.TryGetValue(tenant, out var own) ? own.Count : 0;

    /// <returns>The place, to leave the queue by.</returns>
    public LinkedListNode<TItem> Enqueue(TenantId tenant, TItem item)
    {
        if (!_items.TryGetValue(tenant, out var own))
        {
            _items.Add(tenant, own = []);
            _turns.AddLast(tenant);
        }

        Count++;
        return own.AddLast(item);
    }

    /// <summary>Takes what waits longest of the next tenant in turn that may go on now, and puts that tenant last.</summary>
    public bool TryDequeue(Func<TenantId, bool> may, out TenantId tenant, out TItem? item)
    {
        for (var turn = _turns.First; turn is not null; turn = turn.Next)
        {
            if (!may(turn.Value)) continue;
            tenant = turn.Value;
            var own = _items[tenant];
            item = own.First!.Value;
            own.RemoveFirst();
            Count--;
            _turns.Remove(turn);
            if (own.Count == 0) _items.Remove(tenant);
            else _turns.AddLast(turn);
            return true;
        }

        (tenant, item) = (default, null);
        return false;
    }

    /// <summary>Gives up a place. False when the item has left the queue already.</summary>
    public bool Remove(TenantId tenant, LinkedListNode<TItem> place)
    {
        if (place.List is not { } own) return false;
        own.Remove(place);
        Count--;
        if (own.Count > 0) return true;
        _items.Remove(tenant);
        _turns.Remove(tenant);
        return true;
    }
}
