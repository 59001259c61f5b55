using System.Net.Security;
using System.Security.Authentication;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tests;

public sealed class SslStreamInteropTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    [InlineData(TlsCipherSuite.TLS_AES_256_GCM_SHA384)]
    [InlineData(TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256)]
    public async Task SslStreamServer_IsSpokenWith(TlsCipherSuite suite)
    {
        (SecureStream client, SslPeer server) = await SslPeer.ServeAsync(
            options => (options.CipherSuites, options.ApplicationProtocols) = ([new((ushort)suite)], [SslApplicationProtocol.Http11]),
            options => options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]);
        await using SecureStream ownedClient = client;
        using SslPeer ownedServer = server;

        Assert.Equal(suite, client.NegotiatedCipherSuite);
        Assert.Equal(suite, server.Stream.NegotiatedCipherSuite);
        Assert.Equal(SslApplicationProtocol.Http11, client.NegotiatedApplicationProtocol);
        Assert.Equal(SecurePair.Host, server.Stream.TargetHostName);
        await AssertCarriesAsync(client, server.Stream);
    }

    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.EcdsaP384)]
    [InlineData(CertificateKind.Rsa2048)]
    public async Task SslStreamClient_IsServed(CertificateKind kind)
    {
        TestChain chain = TestCertificates.Shared(kind);
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.Credentials = [chain.ToCredential()];
            options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        });
        using SslPeer client = await SslPeer.ConnectAsync(listener.LocalEndPoint, options =>
        {
            options.CertificateChainPolicy!.CustomTrustStore.Clear();
            options.CertificateChainPolicy.CustomTrustStore.Add(chain.Root);
            options.ApplicationProtocols = [SslApplicationProtocol.Http11, SslApplicationProtocol.Http2];
        });
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();

        Assert.Equal(SslApplicationProtocol.Http2, client.Stream.NegotiatedApplicationProtocol);
        Assert.Equal(SecurePair.Host, server.TargetHostName);
        Assert.Equal(client.Stream.NegotiatedCipherSuite, server.NegotiatedCipherSuite);
        await AssertCarriesAsync(server, client.Stream);
    }

    [Fact]
    public async Task SslStreamClientOfTls12_IsRefusedAndTold_WhereItIsNotEnabled()
    {
        using var log = new CollectingLogger();
        await using SecureListener listener = SecurePair.Listen(
            options => (options.LoggerFactory, options.EnabledSslProtocols) = (log, SslProtocols.Tls13));

#pragma warning disable CA5398 // the older version is what is tested
        await Assert.ThrowsAsync<AuthenticationException>(
            () => SslPeer.ConnectAsync(listener.LocalEndPoint, options => options.EnabledSslProtocols = SslProtocols.Tls12));
#pragma warning restore CA5398

        Assert.Contains($"failed: {TlsErrorCause.UnsupportedVersion}: ", (await log.NextAsync(4)).Message, StringComparison.Ordinal);
    }

    private static async Task AssertCarriesAsync(SecureStream ours, SslStream theirs)
    {
        byte[] data = Exchange.Bytes(1_000_000);
        Task write = ours.WriteAsync(data, Cancelled).AsTask();
        Assert.Equal(data, await Exchange.ReadAsync(theirs, data.Length));
        await write.Guarded();
        write = theirs.WriteAsync(data, Cancelled).AsTask();
        Assert.Equal(data, await Exchange.ReadAsync(ours, data.Length));
        await write.Guarded();
        await ours.UpdateKeyAsync(requestPeer: true, Cancelled).Guarded();
        await Exchange.RoundTripAsync(ours, theirs);

        await ours.ShutdownAsync(Cancelled).Guarded();
        Assert.Equal(0, await theirs.ReadAsync(new byte[1], Cancelled).Guarded());
        await theirs.ShutdownAsync().Guarded();
        Assert.Equal(0, await ours.ReadAsync(new byte[1], Cancelled).Guarded());
    }
}
