using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>Who answers what an engine asks in a handshake.</summary>
/// <param name="Verify">Says why the peer's chain is refused; null takes it, and says how it was verified.</param>
/// <param name="ChooseCredentials">Says which certificates may be shown; null for none.</param>
/// <param name="Sessions">Looks up sessions of TLS 1.2 that are kept elsewhere; null for none.</param>
internal sealed record HandshakeAnswers(
    Func<TlsNegotiation, CancellationToken, ValueTask<(TlsProtocolException? Refusal, ChainVerification? Verification)>> Verify,
    Func<TlsCredentialRequest, CancellationToken, ValueTask<IReadOnlyList<TlsCredential>>>? ChooseCredentials,
    SharedSessionCache? Sessions = null);
