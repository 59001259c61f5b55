using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.OnTheWire.Tests;

/// <summary>
/// Clients without a cookie: what is more than three times their SYN waits for their acknowledgment, and nothing else does.
/// </summary>
public sealed class AddressValidationTests
{
    private const int PaddedFlight = 1200;
    private const int Budget = 3272; // of that flight, over IPv4

    private const int TicketBytes = 600;

    private const string Sent = "synhello.server.unproven.sent";
    private const string HeldBack = "synhello.server.unproven.held_back";

    /// <summary>What public authorities issue to RSA keys has some 1,300 bytes a certificate, as ours has with so much more.</summary>
    [Theory]
    [InlineData(CertificateKind.EcdsaP256, 0)]
    [InlineData(CertificateKind.Rsa2048, 0)]
    [InlineData(CertificateKind.Rsa2048, 420)]
    public async Task TypicalChain_TakesOneAndTwoRoundTrips(CertificateKind kind, int ballast)
    {
        using TestChain chain = Issue(kind, ballast);
        using var metrics = new RecordedMetrics();
        Visit visit = await VisitAsync(chain, FastOpenMode.Cookieless, metrics);

        visit.AssertClientHelloInSyn();
        Assert.Equal(PaddedFlight, visit.Ledger.SynPayloadBytes);
        visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
        Assert.InRange(metrics.Sum(Sent), CertificateBytes(chain), Budget);

        // Tickets stand last in the flight, and no handshake waits for them.
        Assert.InRange(visit.Server.HeldBackBytes, 0, ballast == 0 ? 0 : TicketBytes);
        Assert.Equal(visit.Server.HeldBackBytes, metrics.Sum(HeldBack));
    }

    [Fact]
    public async Task LongChain_WaitsForTheProof()
    {
        using TestChain chain = Issue(CertificateKind.Rsa2048, ballast: 2000);
        using var metrics = new RecordedMetrics();
        Visit visit = await VisitAsync(chain, FastOpenMode.Cookieless, metrics);

        visit.AssertClientHelloInSyn();
        Assert.Equal((2, 3), (visit.Ledger.RequestSentRoundTrips, visit.Ledger.FirstByteRoundTrips));
        Assert.Equal(Budget, metrics.Sum(Sent));
        Assert.Equal(visit.Server.HeldBackBytes, metrics.Sum(HeldBack));
        Assert.True(Budget + visit.Server.HeldBackBytes > CertificateBytes(chain));
    }

    /// <summary>A cookie is proof enough; so is a handshake.</summary>
    [Theory]
    [InlineData(FastOpenMode.Cookie, 1)]
    [InlineData(FastOpenMode.Off, 2)]
    public async Task LongChain_DoesNotWaitWhereTheAddressIsProven(FastOpenMode fastOpen, int untilRequest)
    {
        using TestChain chain = Issue(CertificateKind.Rsa2048, ballast: 2000);
        using var metrics = new RecordedMetrics();
        Visit visit = await VisitAsync(chain, fastOpen, metrics, visits: 2);

        visit.AssertRoundTrips(untilRequest, untilRequest + 1);
        Assert.Equal((0, 0, 0), (visit.Server.HeldBackBytes, metrics.Sum(HeldBack), metrics.Sum(Sent)));
    }

    /// <summary>An answer to early data is as good a weapon as a certificate chain.</summary>
    [Fact]
    public async Task AnswerToEarlyData_BeginsAtOnceAndWaitsBeyondTheBudget()
    {
        const int Response = 30_000;
        using var metrics = new RecordedMetrics();
        await using var wire = LongWire.Start();
        await using SecureListener listener = wire.Listen(FastOpenMode.Cookieless, options =>
        {
            options.MaximumEarlyData = 16_384;
            options.MeterFactory = metrics;
        });
        SecureClient client = wire.CreateClient(FastOpenMode.Cookieless);
        await wire.ReturnAsync(listener, client);
        long before = metrics.Sum(Sent);

        Visit visit = await wire.ReturnAsync(listener, client, responseLength: Response);

        Assert.Equal(EarlyDataStatus.Accepted, visit.Client.EarlyData);
        Assert.Equal(PaddedFlight, visit.Ledger.SynPayloadBytesTaken);
        visit.AssertRoundTrips(untilRequest: 0, untilFirstByte: 1);
        Assert.InRange(metrics.Sum(Sent) - before, Budget - 200, Budget);
        Assert.InRange(metrics.Sum(HeldBack), Response - Budget, Response);
    }

    /// <summary>What the first answer has in flight when nothing holds it back is what an attacker would have sent elsewhere.</summary>
    [Fact]
    public async Task WithoutValidation_NothingWaits()
    {
        using TestChain chain = Issue(CertificateKind.Rsa2048, ballast: 2000);
        using var metrics = new RecordedMetrics();
        Visit visit = await VisitAsync(
            chain, FastOpenMode.Cookieless, metrics, configure: options => options.AddressValidation = false);

        visit.AssertRoundTrips(untilRequest: 1, untilFirstByte: 2);
        Assert.Equal((0, 0), (metrics.Sum(HeldBack), metrics.Sum(Sent)));
    }

    private static TestChain Issue(CertificateKind kind, int ballast) =>
        TestCertificates.Issue(kind, [LongWire.Host], authorities: kind, ballast: ballast);

    private static int CertificateBytes(TestChain chain) => chain.Leaf.RawData.Length + chain.Intermediates[0].RawData.Length;

    private static async Task<Visit> VisitAsync(
        TestChain chain,
        FastOpenMode fastOpen,
        RecordedMetrics metrics,
        int visits = 1,
        Action<SecureListenerOptions>? configure = null)
    {
        await using var wire = LongWire.Start();
        using Crypto.X509Credential credential = chain.ToCredential();
        await using SecureListener listener = wire.Listen(fastOpen, options =>
        {
            options.Credentials = [credential];
            options.MeterFactory = metrics;
            configure?.Invoke(options);
        });
        Visit visit;
        do
            visit = await wire.VisitAsync(listener, fastOpen, options => options.TrustedRoots = [chain.Root]);
        while (--visits > 0);
        return visit;
    }
}
