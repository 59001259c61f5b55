using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>What server engines are configured with. Immutable and thread-safe: one serves many connections.</summary>
public sealed class TlsServerConfiguration : TlsConfiguration
{
    private readonly byte[] _cookieKey = new byte[32];

    /// <summary>Configures servers.</summary>
    /// <param name="provider">The cryptography of every connection.</param>
    /// <param name="credentials">
    /// The certificates, best first: the first that can sign with a scheme that the client takes is used.
    /// </param>
    /// <exception cref="ArgumentException">There is no credential.</exception>
    public TlsServerConfiguration(TlsCryptoProvider provider, IReadOnlyList<TlsCredential> credentials)
        : base(provider)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        if (credentials.Count == 0)
            throw new ArgumentException("A server needs a certificate.", nameof(credentials));
        Credentials = credentials;
        provider.FillRandom(_cookieKey);
    }

    /// <summary>The certificates, best first.</summary>
    public IReadOnlyList<TlsCredential> Credentials { get; }

    /// <summary>How clients may come back. Null, the default, gives out no tickets and resumes nothing.</summary>
    public TlsServerResumption? Resumption { get; init; }

    /// <summary>
    /// The key of HelloRetryRequest cookies: drawn at random for each configuration, so a cookie is of no use to
    /// another one and none outlives the process.
    /// </summary>
    internal ReadOnlySpan<byte> CookieKey => _cookieKey;

    /// <summary>Groups to name in EncryptedExtensions (RFC 8446 section 4.2.7); only recorded traces need it.</summary>
    internal IReadOnlyList<NamedGroup>? AnnouncedGroups { get; init; }
}
