using System.Net.Security;

using SynHello.Sockets;
using SynHello.Wire;

namespace SynHello.Tests;

/// <summary>Clients of TLS 1.2 that send data before the server's Finished (RFC 7918).</summary>
public sealed class FalseStartTests
{
    private static readonly SslApplicationProtocol _protocol = SslApplicationProtocol.Http11;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FastOpenMode.Off, true, 2)]
    [InlineData(FastOpenMode.Off, false, 3)]
    [InlineData(FastOpenMode.Cookieless, true, 1)]
    [InlineData(FastOpenMode.Cookieless, false, 2)]
    public async Task FalseStart_SavesARoundTrip(FastOpenMode fastOpen, bool isAllowed, int roundTrips)
    {
        await using SecureListener listener = Tls12Visit.Listen(options => options.FastOpen = fastOpen);
        SecureClient client = Tls12Visit.MakeClient(options => (options.FastOpen, options.AllowFalseStart) = (fastOpen, isAllowed));
        (HandshakeReport atClient, HandshakeReport atServer) = await Tls12Visit.MakeAsync(client, listener);
        Assert.Equal(isAllowed, atClient.IsFalseStarted);
        Assert.Equal(roundTrips, atClient.RoundTripsUntilRequest);
        Assert.Equal(isAllowed, atServer.IsFalseStarted);
        Assert.Equal(roundTrips, atServer.RoundTripsUntilRequest);
    }

    /// <summary>RFC 7918 section 4: an attacker may have cut the protocols out of the hello.</summary>
    [Fact]
    public async Task FalseStart_WaitsForTheApplicationProtocolThatWasOffered()
    {
        await using SecureListener listener = Tls12Visit.Listen();
        (HandshakeReport report, _) = await Tls12Visit.MakeAsync(Tls12Visit.MakeClient(options => options.ApplicationProtocols = [_protocol]), listener);
        Assert.False(report.IsFalseStarted);
        await using SecureListener choosing = Tls12Visit.Listen(options => options.ApplicationProtocols = [_protocol]);
        (report, _) = await Tls12Visit.MakeAsync(Tls12Visit.MakeClient(options => options.ApplicationProtocols = [_protocol]), choosing);
        Assert.True(report.IsFalseStarted);
    }

    [Fact]
    public async Task FalseStart_EndsWithTheFirstRead()
    {
        await using SecureListener listener = Tls12Visit.Listen();
        await using SecureStream client = await Tls12Visit.MakeClient().ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled);
        Assert.False(client.IsHandshakeComplete);
        Assert.False(client.HandshakeCompleted.IsCompleted);
        Assert.Throws<InvalidOperationException>(() => client.ExportKeyingMaterial("EXPERIMENTAL", [], new byte[32]));
        await client.WriteAsync(new byte[] { 1 }, Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled);
        await client.CompleteHandshakeAsync(Cancelled);
        await client.HandshakeCompleted.Guarded();
        Assert.True(client.IsHandshakeComplete);
        byte[] one = new byte[32], other = new byte[32];
        client.ExportKeyingMaterial("EXPERIMENTAL", [], one);
        server.ExportKeyingMaterial("EXPERIMENTAL", [], other);
        Assert.Equal(one, other);
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.UpdateKeyAsync(cancellationToken: Cancelled));
        await server.WriteAsync(new byte[] { 2 }, Cancelled);
        await client.ReadExactlyAsync(one.AsMemory(0, 1), Cancelled);
        Assert.Equal(2, one[0]);
    }

    /// <summary>What the server says is handed out only after its Finished was checked.</summary>
    [Fact]
    public async Task FalseStart_WithAServerThatFailsAtTheEnd_FailsTheFirstRead()
    {
        using var server = new Tls12EngineServer();
        Task<SecureStream> connecting = server.ConnectAsync(Tls12Visit.MakeClient());
        byte[] flight = await server.AcceptAsync();
        flight[^1] ^= 1; // in the Finished
        await server.SendAsync(flight);
        await using SecureStream client = await connecting.Guarded();
        var failure = await Assert.ThrowsAsync<IOException>(() => client.ReadAsync(new byte[1], Cancelled).AsTask());
        Assert.Equal(TlsErrorCause.BadRecordMac, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
        await Assert.ThrowsAsync<IOException>(() => client.HandshakeCompleted.Guarded());
    }

    /// <summary>The handshake's time goes on behind a False Start: a server that falls silent is given up.</summary>
    [Fact]
    public async Task FalseStart_WithAServerThatFallsSilent_EndsWithTheHandshakesTime()
    {
        using var server = new Tls12EngineServer();
        var clock = new StoppedTimers();
        Task<SecureStream> connecting = server.ConnectAsync(Tls12Visit.MakeClient(options => options.TimeProvider = clock));
        Task<byte[]> accepting = server.AcceptAsync();
        await using SecureStream client = await connecting.Guarded();
        Task<int> reading = client.ReadAsync(new byte[1], Cancelled).AsTask();
        await accepting;
        Assert.False(client.HandshakeCompleted.IsCompleted);
        clock.FireWithin(TimeSpan.FromSeconds(11));
        await Assert.ThrowsAsync<TimeoutException>(() => client.HandshakeCompleted.Guarded());
        await Assert.ThrowsAnyAsync<IOException>(() => reading.Guarded());
    }

    /// <summary>A server may refuse with its last message, and somebody has to hear it. Who reads meanwhile waits.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Shutdown_HearsTheServerOut(bool readsMeanwhile)
    {
        using var server = new Tls12EngineServer();
        Task<SecureStream> connecting = server.ConnectAsync(Tls12Visit.MakeClient());
        byte[] flight = await server.AcceptAsync();
        await using SecureStream client = await connecting.Guarded();
        await client.WriteAsync(new byte[] { 1 }, Cancelled);
        Task ending = client.ShutdownAsync(Cancelled);
        Task<int> reading = readsMeanwhile ? client.ReadAsync(new byte[1], Cancelled).AsTask() : Task.FromResult(0);
        await server.ReceiveAsync();
        Assert.False(ending.IsCompleted);
        Assert.False(server.Engine.IsPeerClosed);
        await server.SendAsync(flight);
        await ending.Guarded();
        await server.ReceiveToEndAsync();
        Assert.True(server.Engine.IsPeerClosed);
        await server.CloseAsync();
        Assert.Equal(0, await reading.Guarded());
    }

    /// <summary>Somebody who reads already hears it; a reader that gives up must not leave the shutdown waiting for nobody.</summary>
    [Fact]
    public async Task Shutdown_BesideARead_DoesNotWaitForIt()
    {
        using var server = new Tls12EngineServer();
        Task<SecureStream> connecting = server.ConnectAsync(Tls12Visit.MakeClient());
        byte[] flight = await server.AcceptAsync();
        await using SecureStream client = await connecting.Guarded();
        Task<int> reading = client.ReadAsync(new byte[1], Cancelled).AsTask();
        await client.ShutdownAsync(Cancelled).Guarded();
        await server.ReceiveToEndAsync();
        Assert.True(server.Engine.IsPeerClosed);
        await server.SendAsync(flight);
        await server.CloseAsync();
        Assert.Equal(0, await reading.Guarded());
        Assert.True(client.IsHandshakeComplete);
    }

    [Fact]
    public async Task Shutdown_WhenTheServerRefuses_Fails()
    {
        using var server = new Tls12EngineServer();
        Task<SecureStream> connecting = server.ConnectAsync(Tls12Visit.MakeClient());
        byte[] flight = await server.AcceptAsync();
        await using SecureStream client = await connecting.Guarded();
        await client.WriteAsync(new byte[] { 1 }, Cancelled);
        flight[^1] ^= 1; // in the Finished
        await server.SendAsync(flight);
        var failure = await Assert.ThrowsAsync<IOException>(() => client.ShutdownAsync(Cancelled));
        Assert.Equal(TlsErrorCause.BadRecordMac, Assert.IsType<TlsProtocolException>(failure.InnerException).Cause);
    }

    /// <summary>Nobody else would tell: the stream was handed out long before.</summary>
    [Fact]
    public async Task Failure_BehindIt_IsLogged()
    {
        using var server = new Tls12EngineServer();
        var log = new CollectingLogger();
        Task<SecureStream> connecting = server.ConnectAsync(Tls12Visit.MakeClient(options => options.LoggerFactory = log));
        byte[] flight = await server.AcceptAsync();
        await using SecureStream client = await connecting.Guarded();
        flight[^1] ^= 1; // in the Finished
        await server.SendAsync(flight);
        await Assert.ThrowsAsync<IOException>(() => client.CompleteHandshakeAsync(Cancelled).AsTask());
        Assert.Contains("BadRecordMac", Assert.Single(log.Entries, entry => entry.Id == 2).Message);
    }
}
