using System.Net.Sockets;

using SynHello.Crypto;
using SynHello.Sockets;
using SynHello.Testing;
using SynHello.Tls;

namespace SynHello.Tests;

/// <summary>What a listener says of chains that are too long to answer an unproven address with.</summary>
public sealed class ChainWeightTests
{
    private const int ChainAboveBudget = 12;
    private const int MostEncryptedExtensions = 25; // counted although this server has little to say there
    private const int DerOfSignatures = 3; // ECDSA's vary

    [Theory]
    [InlineData(CertificateKind.EcdsaP256)]
    [InlineData(CertificateKind.EcdsaP384)]
    [InlineData(CertificateKind.Rsa2048)]
    public void FlightLength_IsWhatTheServerSends(CertificateKind kind)
    {
        using X509Credential credential = TestCertificates.Shared(kind).ToCredential();
        using var pair = new EnginePair(
            new TlsClientConfiguration(DefaultCryptoProvider.Instance) { CertificateCompressionAlgorithms = [] },
            new TlsServerConfiguration(DefaultCryptoProvider.Instance, [credential]),
            SecurePair.Host);
        pair.ClientEngine.Start(pair.Client.Output);
        pair.Server.Deliver(pair.Client.TakeOutput());
        int length = pair.Server.TakeOutput().Length;

        int estimate = ChainWeight.FlightLength(credential);
        int finished = pair.Server.Engine.Negotiated.CipherSuite.ToString().Contains("SHA256", StringComparison.Ordinal) ? 16 : 0;
        Assert.InRange(estimate - length, 0, finished + MostEncryptedExtensions + DerOfSignatures);
    }

    [Theory]
    [InlineData(FastOpenMode.Cookieless, 0, false)]
    [InlineData(FastOpenMode.Cookieless, 2000, true)]
    [InlineData(FastOpenMode.Cookie, 2000, false)]
    public async Task Listener_WarnsOfAChainThatCostsARoundTrip(FastOpenMode fastOpen, int ballast, bool warns)
    {
        using TestChain chain = TestCertificates.Issue(CertificateKind.Rsa2048, [SecurePair.Host], ballast: ballast);
        using X509Credential credential = chain.ToCredential();
        using var log = new CollectingLogger();
        await using SecureListener listener = SecurePair.Listen(options =>
        {
            options.FastOpen = fastOpen;
            options.Credentials = [credential];
            options.LoggerFactory = log;
        });

        CollectingLogger.Entry? warning = log.Entries.SingleOrDefault(entry => entry.Id == ChainAboveBudget);
        Assert.Equal(warns, warning is not null);
        if (warning is null)
            return;
        Assert.Contains("CN=example.com", warning.Message, StringComparison.Ordinal);
        Assert.Contains($" {ChainWeight.FlightLength(credential)} ", warning.Message, StringComparison.Ordinal);
        Assert.Contains(
            $" {AnswerBudget.For(SecureClient.CookielessFlight, AddressFamily.InterNetwork)} ", warning.Message, StringComparison.Ordinal);
    }
}
