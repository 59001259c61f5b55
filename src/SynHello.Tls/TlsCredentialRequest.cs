using System.Net.Security;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What decides which certificate is shown. Immutable; safe to use from any thread.</summary>
public sealed class TlsCredentialRequest
{
    internal TlsCredentialRequest()
    {
    }

    /// <summary>
    /// The host name: on a server the one that the client asks for, null when it names none; on a client the one that was dialed.
    /// </summary>
    public string? ServerName { get; internal init; }

    /// <summary>The protocol version, which decides what a key may sign with.</summary>
    public ProtocolVersion Version { get; internal init; } = ProtocolVersion.Tls13;

    /// <summary>The schemes that the peer takes, best first.</summary>
    public IReadOnlyList<SignatureScheme> SignatureSchemes { get; internal init; } = [];

    /// <summary>
    /// The DER of the names of the authorities that the peer trusts (RFC 8446 section 4.2.4); empty when it does not say.
    /// </summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Authorities { get; internal init; } = [];

    /// <summary>The application protocol that was chosen; default when none was.</summary>
    public SslApplicationProtocol ApplicationProtocol { get; internal init; }

    /// <summary>Finds the first credential that can sign with a scheme of the peer's, and is issued by an authority of its own.</summary>
    /// <param name="credentials">The credentials, best first.</param>
    /// <param name="scheme">The scheme.</param>
    /// <returns>The credential; null when none fits.</returns>
    public TlsCredential? Choose(IReadOnlyList<TlsCredential> credentials, out SignatureScheme scheme)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        foreach (TlsCredential credential in credentials)
        {
            if (!IsIssuedByAny(credential))
                continue;
            foreach (SignatureScheme candidate in SchemesOf(credential))
            {
                if (!SignatureSchemes.Contains(candidate))
                    continue;
                scheme = candidate;
                return credential;
            }
        }

        scheme = default;
        return null;
    }

    private IReadOnlyList<SignatureScheme> SchemesOf(TlsCredential credential) =>
        Version == ProtocolVersion.Tls12 ? credential.Tls12SignatureSchemes : credential.SignatureSchemes;

    private bool IsIssuedByAny(TlsCredential credential)
    {
        if (Authorities.Count == 0 || credential.IssuerNames.Count == 0)
            return true;
        foreach (ReadOnlyMemory<byte> authority in Authorities)
        {
            foreach (ReadOnlyMemory<byte> issuer in credential.IssuerNames)
            {
                if (issuer.Span.SequenceEqual(authority.Span))
                    return true;
            }
        }

        return false;
    }
}
