using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace FinOps.Ingest.Otlp.Bodies;

/// <summary>
/// The memory that connections receive into, in blocks of 64 KiB rather than Kestrel's 4 KiB: an export of some hundred kilobytes then takes a handful of
/// system calls and not a hundred. A connection that waits holds no block, and what Kestrel buffers of one request stays bounded as before.
/// </summary>
internal sealed class ReceiveBlocks : MemoryPool<byte>
{
    public const int BlockBytes = 64 << 10;

    public override int MaxBufferSize => BlockBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockBytes));

    protected override void Dispose(bool disposing)
    {
        // The arrays are the process's shared pool's, which trims itself.
    }

    internal sealed class Factory : IMemoryPoolFactory<byte>
    {
        private readonly ReceiveBlocks _blocks = new();

        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => _blocks;
    }
}
