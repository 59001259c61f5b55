using System.Net.Security;

using SynHello.Sockets;
using SynHello.Sockets.Tests;
using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tests;

public sealed class HandshakeReportTests : IDisposable
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => PrivateNetwork.Sysctl(3);

    [Fact]
    public async Task WithACookie_TheSecondVisitsHelloRidesInTheSyn()
    {
        await using SecureListener listener = SecurePair.Listen();
        SecureClient client = SecurePair.MakeClient();

        (HandshakeReport first, HandshakeReport firstServer) = await VisitAsync(client, listener);
        (HandshakeReport second, HandshakeReport secondServer) = await VisitAsync(client, listener);

        AssertPlain(first, FastOpenOutcome.CookieRequested);
        AssertPlain(firstServer, FastOpenOutcome.Off);
        AssertInSyn(second, FastOpenOutcome.Cookie);
        AssertInSyn(secondServer, FastOpenOutcome.Cookie);
        Assert.Equal(second.ClientHelloBytes, secondServer.ClientHelloBytes);
    }

    [Fact]
    public async Task Cookieless_TheFirstVisitsHelloRidesInTheSyn()
    {
        await using SecureListener listener = SecurePair.Listen(options => options.FastOpen = FastOpenMode.Cookieless);

        (HandshakeReport client, HandshakeReport server) = await VisitAsync(
            SecurePair.MakeClient(options => options.FastOpen = FastOpenMode.Cookieless), listener);

        AssertInSyn(client, FastOpenOutcome.Cookieless);
        AssertInSyn(server, FastOpenOutcome.Cookieless);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Certificates_AreWeighed(bool isStapled)
    {
        TestChain chain = TestCertificates.Shared(CertificateKind.Rsa2048);
        byte[] response = new OcspResponseBuilder(chain.Leaf, chain.Issuer, DateTimeOffset.UtcNow).Build();
        var credential = new StapledTestCredential(chain.ToCredential());
        credential.Show(isStapled ? response : null);
        await using SecureListener listener = SecurePair.Listen(options => options.Credentials = [credential]);
        SecureClient visitor = SecurePair.MakeClient(options => options.TrustedRoots = [chain.Root]);

        (HandshakeReport client, HandshakeReport server) = await VisitAsync(visitor, listener);

        int length = chain.Leaf.RawData.Length + chain.Intermediates[0].RawData.Length;
        int whole = length + (isStapled ? response.Length : 0);
        Assert.Equal((length, isStapled ? response.Length : 0), (client.CertificateChainBytes, client.OcspResponseBytes));
        Assert.Equal((length, 0), (server.CertificateChainBytes, server.OcspResponseBytes));
        Assert.Equal(client.CertificateBytes, server.CertificateBytes);
        Assert.InRange(client.CertificateBytes, whole / 2, whole * 9 / 10); // compressed

        (client, server) = await VisitAsync(visitor, listener);
        Assert.True(client.IsResumed);
        Assert.Equal((0, 0, 0), (client.CertificateBytes, client.CertificateChainBytes, client.OcspResponseBytes));
        Assert.Equal((0, 0), (server.CertificateBytes, server.CertificateChainBytes));
    }

    [Theory]
    [InlineData(FastOpenMode.Off, FastOpenMode.Cookieless, FastOpenOutcome.Off, FastOpenOutcome.Off)]
    [InlineData(FastOpenMode.Cookieless, FastOpenMode.Off, FastOpenOutcome.Ignored, FastOpenOutcome.CookieRequested)]
    [InlineData(FastOpenMode.Cookie, FastOpenMode.Off, FastOpenOutcome.CookieRequested, FastOpenOutcome.CookieRequested)]
    public async Task WithoutFastOpenOnBothEnds_TcpCostsItsRoundTrip(
        FastOpenMode ofClient, FastOpenMode ofServer, FastOpenOutcome first, FastOpenOutcome second)
    {
        await using SecureListener listener = SecurePair.Listen(options => options.FastOpen = ofServer);
        SecureClient secureClient = SecurePair.MakeClient(options => options.FastOpen = ofClient);

        foreach (FastOpenOutcome outcome in new[] { first, second })
        {
            (HandshakeReport client, HandshakeReport server) = await VisitAsync(secureClient, listener);
            AssertPlain(client, outcome);
            AssertPlain(server, FastOpenOutcome.Off);
        }
    }

    [Fact]
    public async Task SystemThatAllowsNoClient_IsReportedAndServed()
    {
        PrivateNetwork.Sysctl(2);
        await using SecureListener listener = SecurePair.Listen();

        (HandshakeReport client, _) = await VisitAsync(SecurePair.MakeClient(), listener);

        AssertPlain(client, FastOpenOutcome.Unsupported);
    }

    [Fact]
    public async Task HelloLargerThanTheSyn_CostsTheRoundTripAllTheSame()
    {
        SslApplicationProtocol[] protocols = [.. Enumerable.Range(0, 20).Select(i => new SslApplicationProtocol($"{i:000}{new string('p', 97)}"))];
        await using SecureListener listener = SecurePair.Listen(
            options => (options.FastOpen, options.ApplicationProtocols) = (FastOpenMode.Cookieless, [protocols[3]]));

        (HandshakeReport client, HandshakeReport server) = await VisitAsync(
            SecurePair.MakeClient(options => (options.FastOpen, options.ApplicationProtocols) = (FastOpenMode.Cookieless, [.. protocols])),
            listener);

        Assert.InRange(client.ClientHelloBytes, 2000, 2500);
        Assert.InRange(client.SynDataBytes, 1000, 1460);
        Assert.Equal(FastOpenOutcome.Cookieless, client.FastOpen);
        Assert.Equal(2, client.RoundTripsUntilRequest);
        Assert.Equal(protocols[3], client.ApplicationProtocol);
        Assert.Equal(client.ClientHelloBytes, server.ClientHelloBytes);
        Assert.Equal(FastOpenOutcome.Cookieless, server.FastOpen);
    }

    [Theory]
    [InlineData(FastOpenMode.Off, 3)]
    [InlineData(FastOpenMode.Cookieless, 2)]
    public async Task HelloRetryRequest_CostsOneMoreRoundTrip(FastOpenMode mode, int roundTrips)
    {
        await using SecureListener listener = SecurePair.Listen(
            options => (options.Groups, options.FastOpen) = ([NamedGroup.X25519, NamedGroup.Secp384r1], FastOpenMode.Cookieless));

        (HandshakeReport client, HandshakeReport server) = await VisitAsync(
            SecurePair.MakeClient(options => (options.Groups, options.FastOpen) = ([NamedGroup.Secp256r1, NamedGroup.X25519], mode)),
            listener);

        foreach (HandshakeReport report in (HandshakeReport[])[client, server])
        {
            Assert.True(report.HelloRetryRequested);
            Assert.Equal(NamedGroup.X25519, report.Group);
            Assert.Equal(roundTrips, report.RoundTripsUntilRequest);
            Assert.Equal(roundTrips + 1, report.RoundTripsUntilFirstByte);
        }
    }

    [Fact]
    public async Task FirstGroupThatTheServerTakes_NeedsNoRetry()
    {
        await using SecureListener listener = SecurePair.Listen(options => options.Groups = [NamedGroup.X25519, NamedGroup.Secp384r1]);

        (HandshakeReport client, _) = await VisitAsync(
            SecurePair.MakeClient(options => options.Groups = [NamedGroup.Secp384r1, NamedGroup.X25519]), listener);

        Assert.False(client.HelloRetryRequested);
        Assert.Equal(NamedGroup.Secp384r1, client.Group);
    }

    [Fact]
    public async Task Report_TellsWhatWasAgreedOnAndHowLongItTook()
    {
        await using SecureListener listener = SecurePair.Listen(
            options => options.Credentials = [TestCertificates.Shared(CertificateKind.EcdsaP384).ToCredential()]);
        (HandshakeReport client, HandshakeReport server) = await VisitAsync(
            SecurePair.MakeClient(options => options.TrustedRoots = [TestCertificates.Shared(CertificateKind.EcdsaP384).Root]), listener);

        Assert.Equal(ProtocolVersion.Tls13, client.Version);
        Assert.Equal(new SignatureScheme(0x0503), client.SignatureScheme); // ecdsa_secp384r1_sha384
        Assert.Equal((client.CipherSuite, client.Group, client.SignatureScheme), (server.CipherSuite, server.Group, server.SignatureScheme));
        Assert.True(client.HandshakeTime > TimeSpan.Zero);
        Assert.True(client.ConnectTime > TimeSpan.Zero);
        Assert.True(server.HandshakeTime > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, server.ConnectTime);
        Assert.True(client.PathRoundTrip > TimeSpan.Zero);
        Assert.True(server.PathRoundTrip > TimeSpan.Zero);
    }

    private static void AssertInSyn(HandshakeReport report, FastOpenOutcome outcome)
    {
        Assert.Equal(outcome, report.FastOpen);
        Assert.InRange(report.ClientHelloBytes, 150, outcome == FastOpenOutcome.Cookieless ? 1200 : 600);
        Assert.Equal(report.ClientHelloBytes, report.SynDataBytes);
        Assert.Equal(1, report.RoundTripsUntilRequest);
        Assert.Equal(2, report.RoundTripsUntilFirstByte);
    }

    private static void AssertPlain(HandshakeReport report, FastOpenOutcome outcome)
    {
        Assert.Equal(outcome, report.FastOpen);
        Assert.Equal(0, report.SynDataBytes);
        Assert.Equal(2, report.RoundTripsUntilRequest);
        Assert.Equal(3, report.RoundTripsUntilFirstByte);
    }

    private static async Task<(HandshakeReport Client, HandshakeReport Server)> VisitAsync(SecureClient client, SecureListener listener)
    {
        await using SecureStream stream = await client.ConnectAsync(listener.LocalEndPoint, SecurePair.Host, Cancelled).Guarded();
        await stream.FlushAsync(Cancelled);
        await using SecureStream server = await listener.AcceptAsync(Cancelled).Guarded();
        await Exchange.RoundTripAsync(stream, server);
        return (stream.Report, server.Report);
    }
}
