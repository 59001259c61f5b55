using Microsoft.Extensions.Logging;

using SynHello.Tls;
using SynHello.Wire;

namespace SynHello;

/// <summary>Who answers what an engine asks in a handshake.</summary>
/// <param name="Verify">Says why the peer's chain is refused; null takes it, and says how it was verified.</param>
/// <param name="ChooseCredentials">Says which certificates may be shown; null for none.</param>
/// <param name="Logger">Where it is said what failed without failing the handshake.</param>
/// <param name="FindSession">Looks up a session of TLS 1.2 by its ID; null where none are kept elsewhere.</param>
internal sealed record HandshakeAnswers(
    Func<TlsNegotiation, CancellationToken, ValueTask<(TlsProtocolException? Refusal, ChainVerification? Verification)>> Verify,
    Func<TlsCredentialRequest, CancellationToken, ValueTask<IReadOnlyList<TlsCredential>>>? ChooseCredentials,
    ILogger Logger,
    Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>>>? FindSession);
