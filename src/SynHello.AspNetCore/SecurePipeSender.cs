using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace SynHello.AspNetCore;

/// <summary>
/// Carries what Kestrel writes to the <see cref="SecureStream"/>. In HTTP/1.1 that happens on the thread that flushes. In HTTP/2, where many
/// responses are under way, it is left to another thread, and whatever is flushed until that one is there leaves in the same record.
/// </summary>
internal sealed class SecurePipeSender
{
    /// <summary>What is sealed and sent at a time; above that Kestrel waits.</summary>
    private const int Most = 1 << 16;

    /// <summary>What is asked of the pool at a time; some pools would give as much as there is.</summary>
    private const int Segment = 4096;

    private readonly SecureStream _stream;
    private readonly ISecurePipeOwner _owner;
    private readonly Pipe _pipe;

    public SecurePipeSender(SecureStream stream, ISecurePipeOwner owner, MemoryPool<byte> memoryPool, bool gathers)
    {
        _stream = stream;
        _owner = owner;
        _pipe = new Pipe(new PipeOptions(
            memoryPool,
            readerScheduler: gathers ? PipeScheduler.ThreadPool : PipeScheduler.Inline,
            writerScheduler: PipeScheduler.ThreadPool,
            pauseWriterThreshold: Most,
            resumeWriterThreshold: Most / 2,
            minimumSegmentSize: Math.Min(Segment, memoryPool.MaxBufferSize),
            useSynchronizationContext: false));
        Sending = SendAsync(_pipe.Reader);
    }

    public PipeWriter Output => _pipe.Writer;

    /// <summary>Completes when nothing is left to be sent, or can be.</summary>
    public Task Sending { get; }

    /// <summary>Gives up what is not sent.</summary>
    public void Cancel() => _pipe.Reader.CancelPendingRead();

    private async Task SendAsync(PipeReader output)
    {
        try
        {
            ReadResult result;
            do
            {
                result = await output.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled)
                    break;
                await SendAsync(result.Buffer).ConfigureAwait(false);
                output.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            if (_owner.Explain(exception) is not null)
                _owner.OnBroken();
        }
        catch (Exception exception)
        {
            _owner.GiveUp(exception); // with which the application has completed the output: the response is not whole
        }

        await output.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Writes all of a buffer, gathering segments, so that a head and its body share a record.</summary>
    private async ValueTask SendAsync(ReadOnlySequence<byte> buffer)
    {
        if (buffer.IsSingleSegment)
        {
            await _stream.WriteAsync(buffer.First).ConfigureAwait(false);
            return;
        }

        byte[] gathered = ArrayPool<byte>.Shared.Rent((int)Math.Min(Most, buffer.Length));
        int used = 0;
        try
        {
            while (!buffer.IsEmpty)
            {
                ReadOnlySequence<byte> part = buffer.Slice(0, Math.Min(gathered.Length, buffer.Length));
                part.CopyTo(gathered);
                used = Math.Max(used, (int)part.Length);
                await _stream.WriteAsync(gathered.AsMemory(0, (int)part.Length)).ConfigureAwait(false);
                buffer = buffer.Slice(part.End);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(gathered.AsSpan(0, used)); // it held what the application sent in confidence
            ArrayPool<byte>.Shared.Return(gathered);
        }
    }
}
