using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>
/// What a server has to know of a ClientHello that it answered with a HelloRetryRequest, authenticated with HMAC-SHA256
/// so that
/// the client can keep it instead (RFC 8446 section 4.2.2).
/// </summary>
internal readonly ref struct HelloRetryCookie(
    CipherSuite suite,
    NamedGroup group,
    ReadOnlySpan<byte> clientHelloHash,
    ReadOnlySpan<byte> digest)
{
    private const int TagLength = 32;

    public CipherSuite Suite { get; } = suite;

    public NamedGroup Group { get; } = group;

    /// <summary>The transcript hash of the first ClientHello.</summary>
    public ReadOnlySpan<byte> ClientHelloHash { get; } = clientHelloHash;

    /// <summary>The <see cref="ClientHelloDigest"/> of what must not change.</summary>
    public ReadOnlySpan<byte> Digest { get; } = digest;

    public static int MaximumLength => 4 + CipherSuiteParameters.MaximumHashLength + ClientHelloDigest.Length + TagLength;

    public int Seal(TlsCryptoProvider provider, ReadOnlySpan<byte> key, Span<byte> destination)
    {
        using var writer = new TlsWriter();
        writer.WriteUInt16(Suite.Value);
        writer.WriteUInt16(Group.Value);
        writer.WriteBytes(ClientHelloHash);
        writer.WriteBytes(Digest);
        writer.Written.CopyTo(destination);
        provider.Hmac(HashAlgorithmName.SHA256, key, writer.Written, destination.Slice(writer.Length, TagLength));
        return writer.Length + TagLength;
    }

    /// <exception cref="TlsProtocolException"><see cref="TlsErrorCause.BadCookie"/>: not one of this
    /// server's.</exception>
    public static HelloRetryCookie Open(TlsCryptoProvider provider, ReadOnlySpan<byte> key, ReadOnlySpan<byte> cookie)
    {
        if (cookie.Length <= TagLength)
            throw Bad();
        ReadOnlySpan<byte> content = cookie[..^TagLength];
        Span<byte> tag = stackalloc byte[TagLength];
        provider.Hmac(HashAlgorithmName.SHA256, key, content, tag);
        if (!CryptographicOperations.FixedTimeEquals(tag, cookie[^TagLength..]))
            throw Bad();

        var reader = new TlsReader(content);
        var suite = new CipherSuite(reader.ReadUInt16());
        var group = new NamedGroup(reader.ReadUInt16());
        if (!CipherSuiteParameters.IsKnown(suite))
            throw Bad();
        ReadOnlySpan<byte> hash = reader.ReadBytes(CipherSuiteParameters.Of(suite).HashLength);
        ReadOnlySpan<byte> digest = reader.ReadBytes(ClientHelloDigest.Length);
        reader.ExpectEnd();
        return new HelloRetryCookie(suite, group, hash, digest);
    }

    private static TlsProtocolException Bad() =>
        new(TlsErrorCause.BadCookie, "The cookie is not one of this server's.");
}
