using System.Security.Authentication;

using SynHello.Crypto;
using SynHello.Tls;

namespace SynHello.Cli;

/// <summary>
/// What it costs a client to verify a chain of leaf and intermediate that it has verified before: the same engines with the face's
/// verification, and with none.
/// </summary>
internal sealed class VerifiedEngines : IAsyncDisposable
{
    private readonly Race.IssuedCertificate _issued = Race.IssuedCertificate.Create(PairContestant.Host, isRsa: false);
    private readonly X509Credential _credential;
    private readonly CertificateVerification _verification;

    public VerifiedEngines()
    {
        _credential = X509Credential.FromCertificate(_issued.Leaf, [_issued.Intermediate]);
        _verification = new CertificateVerification(new SecureClientOptions { TrustedRoots = [_issued.Root] });
        var kind = new HandshakeKind(SslProtocols.Tls13);
        Verifying = new EnginesInMemory(kind, _credential, IsTrusted);
        Trusting = new EnginesInMemory(kind, _credential, _ => true);
    }

    public EnginesInMemory Verifying { get; }

    public EnginesInMemory Trusting { get; }

    public async ValueTask DisposeAsync()
    {
        await Verifying.DisposeAsync();
        await Trusting.DisposeAsync();
        _credential.Dispose();
        _issued.Leaf.Dispose();
        _issued.Intermediate.Dispose();
        _issued.Root.Dispose();
    }

    private bool IsTrusted(TlsNegotiation negotiated)
    {
        var judged = _verification.CheckAsync(
            this, negotiated.PeerCertificates, negotiated.PeerOcspResponses, PairContestant.Host, CancellationToken.None);
        return judged is { IsCompletedSuccessfully: true, Result: (null, not null) };
    }
}
