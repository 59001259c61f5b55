using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>Early data that fills what the kernel holds for a connection, before its last message is sent.</summary>
public sealed class FullSendBufferTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AcceptedEarlyData_OfAnySizeTheKernelTakes_IsFollowedByTheFinished()
    {
        await using SecureListener listener = SecurePair.Listen(options => options.MaximumEarlyData = 1 << 24);
        SecureClient client = SecurePair.MakeClient();
        await VisitAsync(client, listener);
        var failed = new List<string>();
        int connected = 0;
        for (int size = 1 << 16; size <= 8 << 20; size += 1024)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            limit.CancelAfter(TimeSpan.FromMilliseconds(500));
            ValueTask<SecureStream> connecting = client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, new byte[size], limit.Token);
            await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
            SecureStream stream;
            try
            {
                stream = await connecting;
            }
            catch (OperationCanceledException)
            {
                break; // the kernel takes no more while nobody reads
            }

            await using (stream)
            {
                connected++;
                Assert.Equal(EarlyDataStatus.Accepted, stream.Report.EarlyData);
                try
                {
                    await server.CompleteHandshakeAsync(Cancelled).AsTask().WaitAsync(TimeSpan.FromSeconds(2), Cancelled);
                    await server.WriteAsync(new byte[1], Cancelled);
                    Assert.Equal(1, await stream.ReadAsync(new byte[1], Cancelled));
                }
                catch (Exception exception) when (exception is TimeoutException or IOException)
                {
                    failed.Add($"{size}: {exception.Message}");
                    await VisitAsync(client, listener);
                }
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{connected} sizes"); Assert.True(failed.Count == 0, $"{connected} connected; " + string.Join("\n", failed));
    }

    private static async Task VisitAsync(SecureClient client, SecureListener listener)
    {
        ValueTask<SecureStream> connecting = client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled);
        await using SecureStream stream = await connecting;
        await stream.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await server.WriteAsync(new byte[1], Cancelled);
        Assert.Equal(1, await stream.ReadAsync(new byte[1], Cancelled));
    }
}
